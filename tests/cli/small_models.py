"""Small random models as their publishers lay them out, written and read with nothing but the standard library."""

import json
import random
import struct
from array import array
from pathlib import Path


def tensor(generator, *shape, scale=0.1):
    count = 1
    for size in shape:
        count *= size
    return list(shape), array("f", (generator.gauss(0, scale) for _ in range(count)))


def ones(*shape):
    return list(shape), array("f", [1.0] * shape[0])


def write_safetensors(path, tensors, metadata=None):
    """tensors: name -> (shape, array('f'))."""
    header, offset = {}, 0
    if metadata:
        header["__metadata__"] = metadata
    for name, (shape, values) in tensors.items():
        size = 4 * len(values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for _, v in tensors.values()))


def read_safetensors(path):
    """name -> (dtype, shape, bytes), and the metadata."""
    data = Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    base = 8 + size
    return {n: (e["dtype"], e["shape"], data[base + e["data_offsets"][0] : base + e["data_offsets"][1]]) for n, e in header.items()}, metadata


def floats(data):
    values = array("f")
    values.frombytes(data)
    return values


def rows_of(path):
    """The rows of a safetensors file of embeddings, each as bytes, with its ids."""
    tensors, _ = read_safetensors(path)
    dtype, (count, width), data = tensors["embeddings"]
    assert dtype == "F32"
    offsets = array("q")
    offsets.frombytes(tensors["id_offsets"][2])
    ids = [tensors["ids"][2][a:b].decode() for a, b in zip(offsets, offsets[1:])]
    assert len(ids) == count
    return ids, [data[4 * width * i : 4 * width * (i + 1)] for i in range(count)]


def linear(tensors, generator, name, outputs, inputs, bias=True):
    tensors[name + ".weight"] = tensor(generator, outputs, inputs)
    if bias:
        tensors[name + ".bias"] = tensor(generator, outputs)


def norm(tensors, name, width):
    tensors[name + ".weight"] = ones(width)
    tensors[name + ".bias"] = (([width]), array("f", [0.0] * width))


def dreams(seed=1, prefix="", layers=2):
    """DreaMS: 8 heads of 4, with the head of its pre-training still in it."""
    generator, tensors = random.Random(seed), {}
    peak, fourier, hidden, frequencies = 8, 24, 16, 20
    width = peak + fourier
    tensors[prefix + "fourier_enc.b"] = tensor(generator, 1, frequencies, scale=1)
    for index, (inputs, outputs) in enumerate([(2 * frequencies, hidden), (hidden, hidden), (hidden, fourier)]):
        linear(tensors, generator, f"{prefix}ff_fourier.ff.{3 * index}", outputs, inputs)
    linear(tensors, generator, prefix + "ff_peak.ff.0", peak, 2)
    for i in range(layers):
        encoder = prefix + "transformer_encoder."
        tensors[f"{encoder}atts.{i}.weights"] = tensor(generator, 4 * width, width)
        linear(tensors, generator, f"{encoder}ffs.{i}.in_proj", 4 * width, width, bias=False)
        linear(tensors, generator, f"{encoder}ffs.{i}.out_proj", width, 4 * width, bias=False)
    for i in range(2 * layers + 1):
        norm(tensors, f"{prefix}transformer_encoder.scales.{i}", width)
    linear(tensors, generator, prefix + "ff_out.ff.0", 50, width)
    return tensors


def bert_layers(tensors, generator, prefix, layers, width, inner):
    for i in range(layers):
        layer = f"{prefix}encoder.layer.{i}."
        for part in ("query", "key", "value"):
            linear(tensors, generator, f"{layer}attention.self.{part}", width, width)
        linear(tensors, generator, layer + "attention.output.dense", width, width)
        linear(tensors, generator, layer + "intermediate.dense", inner, width)
        linear(tensors, generator, layer + "output.dense", width, inner)


WORDS = "the a of acid protein binds to water cell is in and with ##s ##ing small molecule drug".split()


def write_bert(folder, seed=2, layers=2, width=32, inner=64):
    """A lower-case WordPiece BERT with the head of its pre-training."""
    folder.mkdir(parents=True)
    letters = [c for c in "abcdefghijklmnopqrstuvwxyz0123456789.,-()"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *(c for c in letters if c not in WORDS), *("##" + c for c in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "tokenizer_class": "BertTokenizer"}))
    config = {
        "model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_size": width, "num_hidden_layers": layers,
        "num_attention_heads": 4, "intermediate_size": inner, "vocab_size": len(vocabulary), "max_position_embeddings": 64,
        "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "pad_token_id": 0,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    generator, tensors = random.Random(seed), {}
    for name, rows in (("word", len(vocabulary)), ("position", 64), ("token_type", 2)):
        tensors[f"bert.embeddings.{name}_embeddings.weight"] = tensor(generator, rows, width)
    norm(tensors, "bert.embeddings.LayerNorm", width)
    bert_layers(tensors, generator, "bert.", layers, width, inner)
    for i in range(layers):
        norm(tensors, f"bert.encoder.layer.{i}.attention.output.LayerNorm", width)
        norm(tensors, f"bert.encoder.layer.{i}.output.LayerNorm", width)
    linear(tensors, generator, "cls.predictions.transform.dense", width, width)
    write_safetensors(folder / "model.safetensors", tensors)
    return tensors


SMILES_TOKENS = list("CNOSPFIBcnos()=#123456[]+-@Hlr") + ["Cl", "Br"]


def write_roberta(folder, seed=3, layers=2, width=32, inner=64):
    """A SMILES network with one token per symbol, as ChemBERTa is laid out."""
    folder.mkdir(parents=True)
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *SMILES_TOKENS]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(vocabulary)}))
    (folder / "merges.txt").write_text("#version: 0.2\nC l\nB r\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "RobertaTokenizer", "model_max_length": 62}))
    config = {
        "model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "hidden_size": width, "num_hidden_layers": layers,
        "num_attention_heads": 4, "intermediate_size": inner, "vocab_size": len(vocabulary), "max_position_embeddings": 64,
        "type_vocab_size": 1, "hidden_act": "gelu", "layer_norm_eps": 1e-5, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    generator, tensors = random.Random(seed), {}
    for name, rows in (("word", len(vocabulary)), ("position", 64), ("token_type", 1)):
        tensors[f"roberta.embeddings.{name}_embeddings.weight"] = tensor(generator, rows, width)
    norm(tensors, "roberta.embeddings.LayerNorm", width)
    bert_layers(tensors, generator, "roberta.", layers, width, inner)
    for i in range(layers):
        norm(tensors, f"roberta.encoder.layer.{i}.attention.output.LayerNorm", width)
        norm(tensors, f"roberta.encoder.layer.{i}.output.LayerNorm", width)
    linear(tensors, generator, "lm_head.dense", width, width)
    write_safetensors(folder / "model.safetensors", tensors)
    return tensors


ESM_TOKENS = "<cls> <pad> <eos> <unk> L A G V S E R T I D P K Q N F Y M H W C X B U Z O . - <null_1> <mask>".split()


def write_esm(folder, seed=4, layers=2, width=32, inner=64):
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(ESM_TOKENS) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "EsmTokenizer"}))
    config = {
        "model_type": "esm", "architectures": ["EsmForMaskedLM"], "hidden_size": width, "num_hidden_layers": layers,
        "num_attention_heads": 4, "intermediate_size": inner, "vocab_size": len(ESM_TOKENS), "max_position_embeddings": 1026,
        "position_embedding_type": "rotary", "token_dropout": True, "emb_layer_norm_before": False, "layer_norm_eps": 1e-5,
        "hidden_act": "gelu", "mask_token_id": 32, "pad_token_id": 1,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    generator, tensors = random.Random(seed), {}
    tensors["esm.embeddings.word_embeddings.weight"] = tensor(generator, len(ESM_TOKENS), width)
    tensors["esm.embeddings.position_embeddings.weight"] = tensor(generator, 10, width)
    bert_layers(tensors, generator, "esm.", layers, width, inner)
    for i in range(layers):
        norm(tensors, f"esm.encoder.layer.{i}.attention.LayerNorm", width)
        norm(tensors, f"esm.encoder.layer.{i}.LayerNorm", width)
    norm(tensors, "esm.encoder.emb_layer_norm_after", width)
    write_safetensors(folder / "model.safetensors", tensors)
    return tensors


def many_spectra(count, seed=5):
    """An MGF text; every 50th spectrum has no precursor."""
    generator, blocks = random.Random(seed), []
    for i in range(count):
        peaks = sorted((generator.uniform(50, 900), generator.uniform(1, 1000)) for _ in range(generator.randint(1, 40)))
        head = "" if i % 50 == 49 else f"PEPMASS={generator.uniform(100, 900):.4f}\n"
        body = "\n".join(f"{mz:.4f} {intensity:.2f}" for mz, intensity in peaks)
        blocks.append(f"BEGIN IONS\nTITLE=s{i}\n{head}CHARGE=1+\n{body}\nEND IONS\n")
    return "\n".join(blocks)
