#!/usr/bin/env python3
"""Goldens of the tokenizers, made with the original packages.

    python tools/goldens/make_tokenizer_goldens.py [--shared ../shared/data] [--check PROGRAM] [--only NAME]

Needs tokenizers, transformers and sentencepiece with protobuf (the Unigram with a character map), and smirk for the glyph tokenizers. Writes tests/golden/tokenizers:
small tokenizers trained on own texts, single parts of the pipeline, and, with --shared, one hash per eight texts for the real files there.
`--check PROGRAM` compares all ids instead, one by one, with those of a program that is called with a folder and a behaviour, reads texts
(u32 length, bytes) and writes ids in lines.
"""
import argparse
import json
import pathlib
import re
import struct
import subprocess
import tempfile

import tokenizers
import transformers
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertTokenizer, EsmTokenizer

import tokenizer_zoo
from tokenizer_strings import SHARED_LINES, own_texts, shared_texts

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/tokenizers"
ESM = "<cls> <pad> <eos> <unk> L A G V S E R T I D P K Q N F Y M H W C X B U Z O . - <null_1> <mask>".split()


class SmilesTokenizer(BertTokenizer):
    """As that of rxnmapper and DeepChem: tokens by regular expression, ids by vocabulary."""

    expression = re.compile(tokenizer_zoo.SMILES_REGEX)

    def _tokenize(self, text, **_):
        return self.expression.findall(text)

    def _convert_token_to_id(self, token):
        return self.vocab.get(token, self.vocab.get(self.unk_token))

    @property
    def do_lower_case(self):
        raise AttributeError


def fnv(ids):
    value = 0x811C9DC5
    for byte in struct.pack(f"<{len(ids)}i", *ids):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def hashes(all_ids, group):
    return "".join(f"{fnv([i for ids in all_ids[k:k + group] for i in (*ids, -1)]):08x}" for k in range(0, len(all_ids), group))


def fast(tokenizer, texts):
    tokenizer.no_padding()
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def hub(tokenizer, texts):
    return [tokenizer(text)["input_ids"] for text in texts]


def glyph_unigram(path, texts):
    """The reference of the fork of smirk that wrote such files is in no registry; this follows its published source."""
    import smirk
    root = json.loads(pathlib.Path(path).read_text())
    pieces = {tuple(piece["glyphs"]): i for i, piece in enumerate(root["model"]["vocab"])}
    scores = [piece["score"] for piece in root["model"]["vocab"]]
    glyphs_of = smirk.SmirkTokenizerFast()._tokenizer
    frame = Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    frame.normalizer = tokenizers.normalizers.Sequence([tokenizers.normalizers.Replace("++", "+2"), tokenizers.normalizers.Replace("--", "-2"), tokenizers.normalizers.Strip()])
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(root["pre_tokenizer"]["pattern"]["Regex"]), "isolated")
    specials = {token["content"]: token["id"] for token in root["added_tokens"]}
    cut = re.compile("(" + "|".join(map(re.escape, specials)) + ")")

    def word(text):
        glyphs = [glyph for glyph in glyphs_of.pretokenize(text) if glyph]
        best = [(0.0, 0, 0)] + [(float("-inf"), 0, 0)] * len(glyphs)
        for end in range(1, len(glyphs) + 1):
            for start in range(max(0, end - max(map(len, pieces))), end):
                piece = pieces.get(tuple(glyphs[start:end]))
                if piece is None and end - start > 1:
                    continue
                total = best[start][0] + (min(scores) if piece is None else scores[piece])
                if total > best[end][0]:
                    best[end] = (total, start, len(scores) if piece is None else piece)
        ids, end = [], len(glyphs)
        while end > 0:
            ids.append(best[end][2])
            end = best[end][1]
        return ids[::-1]

    def encode(text):
        ids = []
        for part in filter(None, cut.split(text)):
            if part in specials:
                ids.append(specials[part])
            else:
                for piece, _ in split.pre_tokenize_str(frame.normalizer.normalize_str(part)):
                    ids += word(piece) if piece else []
        return ids

    return [encode(text) for text in texts]


def glyph_pairs(path, texts):
    import smirk
    tokenizer = smirk.SmirkTokenizerFast(tokenizer_file=path)
    return hub(tokenizer, texts)


def slow(cls, vocabulary, texts, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "vocab.txt")
        path.write_text("\n".join(vocabulary) + "\n")
        return hub(cls(str(path), **options), texts)


def legacy_roberta(folder):
    """vocab.json + merges.txt of the trained byte-level BPE, with the small files of old folders."""
    folder.mkdir(parents=True, exist_ok=True)
    model = json.loads((GOLDEN / "byte-level-bpe/tokenizer.json").read_text())["model"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    (folder / "added_tokens.json").write_text(json.dumps({"<extra>": len(model["vocab"]), "tok1": len(model["vocab"]) + 1}))
    (folder / "special_tokens_map.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>"}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"add_prefix_space": True, "model_max_length": 512, "tokenizer_class": "RobertaTokenizer"}))
    (folder / "config.json").write_text(json.dumps({"model_type": "roberta"}))


def legacy_bert(folder, **options):
    folder.mkdir(parents=True, exist_ok=True)
    vocab = json.loads((GOLDEN / "wordpiece-cased/tokenizer.json").read_text())["model"]["vocab"]
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in sorted(vocab, key=vocab.get)))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", **options}))
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))


def small_goldens(texts):
    """name -> ids; writes the folders."""
    ids = {}
    for name, text in tokenizer_zoo.trained().items():
        (GOLDEN / name).mkdir(parents=True, exist_ok=True)
        (GOLDEN / name / "tokenizer.json").write_text(text)
        ids[name] = fast(Tokenizer.from_str(text), texts)
    legacy_roberta(GOLDEN / "roberta")
    legacy_bert(GOLDEN / "bert", do_lower_case=True, model_max_length=512)
    legacy_bert(GOLDEN / "bert-cased", do_lower_case=False, tokenize_chinese_chars=False, strip_accents=True, never_split=["Yesterday"])
    for name in ("roberta", "bert", "bert-cased"):
        ids[name] = hub(AutoTokenizer.from_pretrained(GOLDEN / name), texts)
    (GOLDEN / "esm").mkdir(exist_ok=True)
    (GOLDEN / "esm/vocab.txt").write_text("\n".join(ESM))
    ids["esm"] = slow(EsmTokenizer, ESM, texts)
    return ids


def part_goldens(texts):
    sections, ids = {}, {}
    for name, parts in tokenizer_zoo.parts().items():
        tokenizer = tokenizer_zoo.part_tokenizer(*parts)
        root = json.loads(tokenizer.to_str())
        sections[name] = {key: root[key] for key in ("normalizer", "pre_tokenizer")}
        ids[name] = fast(tokenizer, texts)
    base = json.loads(tokenizer_zoo.part_tokenizer(None, None).to_str())
    return base, sections, ids


def real_tokenizers(shared):
    """name -> (folder below shared, behaviour, texts -> ids)"""
    tok, out = shared / "tokenizers", {}
    out["bert-base-uncased"] = ("tokenizers/bert-base-uncased", "", lambda t: fast(Tokenizer.from_file(str(tok / "bert-base-uncased/tokenizer.json")), t))
    chemberta = json.loads((tok / "chemberta-77m-mlm/vocab.json").read_text())
    out["chemberta hub"] = ("tokenizers/chemberta-77m-mlm", "hub", lambda t: hub(AutoTokenizer.from_pretrained(tok / "chemberta-77m-mlm"), t))
    out["chemberta trained"] = ("tokenizers/chemberta-77m-mlm", "trained", lambda t: slow(SmilesTokenizer, sorted(chemberta, key=chemberta.get) + ["<s>", "</s>"], t, additional_special_tokens=["<s>", "</s>"]))
    rxnmapper = (shared / "weights/rxnmapper-albert/vocab.txt").read_text().splitlines()
    out["rxnmapper"] = ("weights/rxnmapper-albert", "", lambda t: slow(SmilesTokenizer, rxnmapper, t))
    out["smirk pairs"] = ("tokenizers/smiles-subword/smirk_gpe_v1024_nmb", "", lambda t: glyph_pairs(tok / "smiles-subword/smirk_gpe_v1024_nmb/tokenizer.json", t))
    out["smirk unigram"] = ("tokenizers/smiles-subword/smirk_unigram_v512_nmb", "", lambda t: glyph_unigram(tok / "smiles-subword/smirk_unigram_v512_nmb/tokenizer.json", t))
    return out


def program_ids(program, folder, behaviour, texts):
    data = b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in texts)
    output = subprocess.run([program, str(folder), behaviour], input=data, stdout=subprocess.PIPE, check=True).stdout.decode()
    return [[int(i) for i in line.split()] for line in output.split("\n")[:-1]]


def compare(name, program, folder, behaviour, texts, expected):
    got = program_ids(program, folder, behaviour, texts)
    wrong = [k for k in range(len(texts)) if got[k] != expected[k]]
    print(f"{name}: {len(texts)} texts, {sum(map(len, expected))} ids, {len(wrong)} mismatches", flush=True)
    for k in wrong[:5]:
        print(f"   {texts[k][:200]!r}\n     expected {expected[k][:40]}\n     got      {got[k][:40]}")


def check(options):
    texts = own_texts()
    for name, ids in small_goldens(texts).items():
        if not options.only or options.only in name:
            compare(name, options.check, GOLDEN / name, "", texts, ids)
    base, sections, ids = part_goldens(texts)
    for name, section in sections.items():
        if options.only and options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "tokenizer.json").write_text(json.dumps(base | section))
            compare(f"part {name}", options.check, folder, "", texts, ids[name])
    if options.shared:
        texts = texts + list(shared_texts(options.shared))
        for name, (folder, behaviour, encode) in real_tokenizers(options.shared).items():
            if not options.only or options.only in name:
                compare(name, options.check, options.shared / folder, behaviour, texts, encode(texts))


def write(options):
    texts = own_texts()
    versions = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}
    small = {name: {"hashes": hashes(ids, 1), "first": ids[:20]} for name, ids in small_goldens(texts).items()}
    base, sections, ids = part_goldens(texts)
    parts = {name: section | {"hashes": hashes(ids[name], 4)} for name, section in sections.items()}
    golden = {"versions": versions, "texts": texts, "small": small, "part_base": base, "parts": parts}
    (GOLDEN / "goldens.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    if not options.shared:
        return
    texts = texts + list(shared_texts(options.shared))
    real = {name: {"folder": folder, "behaviour": behaviour, "hashes": hashes(encode(texts), 8)} for name, (folder, behaviour, encode) in real_tokenizers(options.shared).items()}
    (GOLDEN / "real.json").write_text(json.dumps({"versions": versions, "lines": SHARED_LINES, "texts": len(texts), "group": 8, "tokenizers": real}, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=pathlib.Path)
    parser.add_argument("--check")
    parser.add_argument("--only")
    options = parser.parse_args()
    (check if options.check else write)(options)


if __name__ == "__main__":
    main()
