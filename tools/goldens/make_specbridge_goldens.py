#!/usr/bin/env python3
"""Writes small checkpoints in the layout of the released SpecBridge files, and what they give by a plain forward in numpy.

Needs PyTorch (to write the files) and numpy. The forward below is its own code, float64 throughout but for the m/z phases, which the original
rounds to float32. Output, committed under tests/golden/specbridge:
  gaussian.pt, plain.pt, deep.pt   {model, opt, step, args}: two blocks with mapB.lv; one block and no hidden layer in the head; three blocks
  encoder/                         config and tokenizer of the molecule encoder, as its Hugging Face folder has them, without weights
  expected.json                    spectra, the order in which they are embedded, and the vectors of both conventions

Usage: tools/goldens/make_specbridge_goldens.py [FOLDER]     --full FILE: a checkpoint of the released sizes with random weights instead
"""
import argparse
import collections
import json
import math
import pathlib

import numpy
import torch

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
HEADS = 8  # not in the file; DreaMS has eight
BATCH = 32  # of the released evaluation
PADDED_TO = 300  # of the other convention
CHARACTERS = "()[]+-=#@/\\%.0123456789BCFHINOPSclnosrp"

SPECTRA = [
    ([41.0386, 55.0178, 110.0713, 138.0662, 195.0877], [3.2, 7.5, 20.0, 100.0, 55.25]),
    ([77.0386], [999.0]),
    ([50.0151, 65.0386, 91.0542, 119.0491, 137.0597, 165.0546, 300.1234, 512.2517, 845.4563, 999.75], [1, 2, 4, 8, 16, 32, 64, 128, 256, 1.2e6]),
    ([93.0346, 137.0244], [0.012, 0.0004]),
    ([60.0, 60.0005, 61.5], [10.0, 10.0, 10.0]),
    ([55.0542, 69.0699, 81.0699, 95.0855, 109.1012, 123.1168, 147.1168, 161.1325, 189.1638, 203.1794, 1204.8821], [30, 25, 90, 100, 80, 40, 20, 10, 5, 2.5, 1]),
    ([121.0284, 139.0390], [100.0, 46.0]),
]
SMILES = ["CCO", "CC(=O)Nc1ccc(O)cc1", "Cn1cnc2c1c(=O)n(C)c(=O)n2C", "CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "C[C@@H](N)C(=O)O", "OC(=O)c1ccccc1", "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCO"]


# ---- checkpoints ------------------------------------------------------------------------------------------------------------------------
class Sizes:
    def __init__(self, **sizes):
        self.fourier, self.peak, self.layers, self.frequencies, self.ff = 26, 6, 2, 30, 14
        self.head_hidden, self.head, self.blocks, self.mapper_hidden, self.gaussian = 36, 40, 2, 44, True
        self.chem, self.chem_layers, self.chem_ff, self.vocabulary, self.positions = 24, 2, 48, len(CHARACTERS) + 5, 42
        self.__dict__.update(sizes)

    @property
    def model(self):
        return self.fourier + self.peak


RELEASED = dict(fourier=980, peak=44, layers=7, frequencies=None, ff=512, head_hidden=2048, head=2048, blocks=8, mapper_hidden=2048, gaussian=False,
                chem=768, chem_layers=6, chem_ff=3072, positions=514, vocabulary=581)


class State:
    """Collects named random tensors."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.tensors = collections.OrderedDict()

    def normal(self, name, *shape, scale=None, mean=0.0):
        scale = 1 / math.sqrt(shape[-1]) if scale is None else scale
        self.tensors[name] = torch.randn(shape, generator=self.generator) * scale + mean

    def linear(self, name, outputs, inputs, scale=None):
        self.normal(name + ".weight", outputs, inputs, scale=scale)
        self.normal(name + ".bias", outputs, scale=0.1)

    def norm(self, name, width):
        self.normal(name + ".weight", width, scale=0.2, mean=1.0)
        self.normal(name + ".bias", width, scale=0.1)


def frequencies(count):
    every = [1 / (1e-4 * i) for i in range(2, 10000, 2)] + [1 / i for i in range(2, 1000)]
    if count is not None:
        every = every[:count // 3] + every[2000:2000 + count // 3] + every[-(count - 2 * (count // 3)):]
    return torch.tensor(every, dtype=torch.float64).float()[None]


def add_dreams(state, sizes):
    prefix, width = "spec.dreams.", sizes.model
    b = frequencies(sizes.frequencies)
    state.tensors[prefix + "fourier_enc.b"] = b
    state.tensors[prefix + "fourier_enc.Fourier frequencies"] = b  # two names, one storage
    widths = [2 * b.shape[1]] + [sizes.ff] * 4 + [sizes.fourier]
    for i in range(5):
        state.linear(f"{prefix}ff_fourier.ff.{3 * i}", widths[i + 1], widths[i])
    state.linear(prefix + "ff_peak.ff.0", sizes.peak, 2)
    for i in range(sizes.layers):
        state.normal(f"{prefix}transformer_encoder.atts.{i}.weights", 4 * width, width)
    for i in range(sizes.layers):
        state.normal(f"{prefix}transformer_encoder.ffs.{i}.in_proj.weight", 4 * width, width)
        state.normal(f"{prefix}transformer_encoder.ffs.{i}.out_proj.weight", width, 4 * width)
    for i in range(2 * sizes.layers + 1):
        state.norm(f"{prefix}transformer_encoder.scales.{i}", width)


def add_head(state, name, inputs, hidden, outputs):
    if hidden:
        state.linear(name + ".0.0", hidden, inputs)
        state.linear(name + ".0.2", outputs, hidden)
    else:
        state.linear(name + ".0", outputs, inputs)
    state.norm(name + ".1", outputs)


def add_mapper(state, sizes):
    state.linear("mapB.W", sizes.chem, sizes.head, scale=0.7)
    if sizes.gaussian:
        state.linear("mapB.lv", sizes.chem, sizes.chem)
    for k in range(sizes.blocks):
        state.norm(f"mapB.blocks.{k}.ln", sizes.chem)
        state.linear(f"mapB.blocks.{k}.fc1", sizes.mapper_hidden, sizes.chem)
        state.linear(f"mapB.blocks.{k}.fc2", sizes.chem, sizes.mapper_hidden)


def add_chem(state, sizes):
    prefix, width = "chem_mdl.", sizes.chem
    state.normal(prefix + "embeddings.word_embeddings.weight", sizes.vocabulary, width, scale=1)
    state.normal(prefix + "embeddings.position_embeddings.weight", sizes.positions, width, scale=0.5)
    state.normal(prefix + "embeddings.token_type_embeddings.weight", 1, width, scale=0.5)
    state.norm(prefix + "embeddings.LayerNorm", width)
    for i in range(sizes.chem_layers):
        layer = f"{prefix}encoder.layer.{i}."
        for part in ("query", "key", "value"):
            state.linear(layer + "attention.self." + part, width, width)
        state.linear(layer + "attention.output.dense", width, width)
        state.norm(layer + "attention.output.LayerNorm", width)
        state.linear(layer + "intermediate.dense", sizes.chem_ff, width)
        state.linear(layer + "output.dense", width, sizes.chem_ff)
        state.norm(layer + "output.LayerNorm", width)
    state.linear(prefix + "pooler.dense", width, width)


def checkpoint(sizes, seed, moments):
    state = State(seed)
    add_dreams(state, sizes)
    add_head(state, "spec.proj", sizes.model, sizes.head_hidden, sizes.head)
    add_chem(state, sizes)
    add_head(state, "chem_proj", sizes.chem, sizes.head_hidden, sizes.head)
    add_mapper(state, sizes)
    state.tensors["contrast.log_tau"] = torch.tensor(math.log(0.07))
    trained = [t for name, t in state.tensors.items() if name.startswith("mapB.")][:moments]
    optimizer = {"state": {i: {"step": torch.tensor(7.0), "exp_avg": torch.zeros_like(t), "exp_avg_sq": torch.zeros_like(t)} for i, t in enumerate(trained)},
                 "param_groups": [{"lr": 1e-5, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-4, "amsgrad": False, "params": list(range(len(trained)))}]}
    arguments = {"mgf": "train.mgf", "batch_size": 128, "cond_dim": sizes.head, "mapper_hidden": sizes.mapper_hidden, "no_gaussian": not sizes.gaussian,
                 "lr": 1e-5, "w_map": 5.0, "resume": None}
    return {"model": state.tensors, "opt": optimizer, "step": 1200, "args": arguments}


# ---- plain forward ------------------------------------------------------------------------------------------------------------------------
erf = numpy.vectorize(math.erf)


def gelu(x):
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


def softmax(x):
    e = numpy.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Network:
    def __init__(self, tensors):
        self.w = {name: t.numpy().astype(numpy.float64) for name, t in tensors.items()}

    def linear(self, name, x):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def norm(self, name, x):
        centred = x - x.mean(-1, keepdims=True)
        return centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def fourier(self, mz):
        b = self.w["spec.dreams.fourier_enc.b"].astype(numpy.float32)
        phase = ((numpy.float32(2 * math.pi) * mz.astype(numpy.float32))[:, None] * b).astype(numpy.float32).astype(numpy.float64)
        x = numpy.concatenate([numpy.cos(phase), numpy.sin(phase)], axis=1)
        for i in range(5):
            x = numpy.maximum(self.linear(f"spec.dreams.ff_fourier.ff.{3 * i}", x), 0)
        return x

    def backbone(self, mz, intensity, length):
        """Mean over the peaks of one spectrum that is padded with zeros to `length`."""
        peaks = len(mz)
        mz = numpy.concatenate([numpy.float32(mz), numpy.zeros(max(0, length - peaks), numpy.float32)])
        intensity = numpy.concatenate([numpy.float32(intensity), numpy.zeros(len(mz) - peaks, numpy.float32)]).astype(numpy.float64)
        f = self.fourier(mz)
        p = numpy.maximum(self.linear("spec.dreams.ff_peak.ff.0", numpy.stack([mz.astype(numpy.float64) / 1000, intensity], 1)), 0)
        x = numpy.concatenate([p, f], 1)
        tokens, width = x.shape
        head = width // HEADS
        bias = -f.sum(1)[None]  # s_i - s_j; a row's own s_i cancels in the softmax
        encoder, layer = "spec.dreams.transformer_encoder.", 0
        while f"{encoder}atts.{layer}.weights" in self.w:
            y = self.norm(f"{encoder}scales.{2 * layer}", x)
            q, k, v, o = numpy.split(self.w[f"{encoder}atts.{layer}.weights"], 4)
            parts = []
            for h in range(HEADS):
                columns = slice(h * head, (h + 1) * head)
                scores = (y @ q.T)[:, columns] @ (y @ k.T)[:, columns].T * head ** -0.5 + bias
                scores[mz == 0] = -1e9  # rows of padded queries; their keys stay visible
                parts.append(softmax(scores) @ (y @ v.T)[:, columns])
            x = x + numpy.concatenate(parts, 1) @ o.T
            y = self.norm(f"{encoder}scales.{2 * layer + 1}", x)
            x = x + numpy.maximum(y @ self.w[f"{encoder}ffs.{layer}.in_proj.weight"].T, 0) @ self.w[f"{encoder}ffs.{layer}.out_proj.weight"].T
            layer += 1
        return self.norm(f"{encoder}scales.{2 * layer}", x)[mz > 0].mean(0)

    def head(self, x):
        if "spec.proj.0.0.weight" in self.w:
            x = self.linear("spec.proj.0.2", gelu(self.linear("spec.proj.0.0", x)))
        else:
            x = self.linear("spec.proj.0", x)
        x = self.norm("spec.proj.1", x)
        return x / (numpy.linalg.norm(x) + 1e-8)

    def mapper(self, x):
        x, k = self.linear("mapB.W", x), 0
        while f"mapB.blocks.{k}.fc1.weight" in self.w:
            block = f"mapB.blocks.{k}."
            x, k = x + self.linear(block + "fc2", gelu(self.linear(block + "fc1", self.norm(block + "ln", x)))), k + 1
        return x

    def spectrum(self, index, length):
        pooled = self.backbone(*SPECTRA[index], length)
        return pooled, self.head(pooled), self.mapper(self.head(pooled))

    def molecule(self, ids, heads):
        e = "chem_mdl.embeddings."
        positions = numpy.arange(len(ids)) + 2
        x = self.w[e + "word_embeddings.weight"][ids] + self.w[e + "position_embeddings.weight"][positions] + self.w[e + "token_type_embeddings.weight"][0]
        x, i = self.norm(e + "LayerNorm", x), 0
        head = x.shape[1] // heads
        while f"chem_mdl.encoder.layer.{i}.output.dense.weight" in self.w:
            layer = f"chem_mdl.encoder.layer.{i}."
            q, k, v = (self.linear(layer + "attention.self." + part, x) for part in ("query", "key", "value"))
            columns = [slice(h * head, (h + 1) * head) for h in range(heads)]
            context = numpy.concatenate([softmax(q[:, c] @ k[:, c].T / math.sqrt(head)) @ v[:, c] for c in columns], 1)
            x = self.norm(layer + "attention.output.LayerNorm", x + self.linear(layer + "attention.output.dense", context))
            x = self.norm(layer + "output.LayerNorm", x + self.linear(layer + "output.dense", gelu(self.linear(layer + "intermediate.dense", x))))
            i += 1
        return x[0]


# ---- files --------------------------------------------------------------------------------------------------------------------------------
def vocabulary():
    return {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *CHARACTERS])}


def encoder_files(folder, sizes, heads):
    folder.mkdir(parents=True, exist_ok=True)
    config = {"architectures": ["RobertaModel"], "model_type": "roberta", "hidden_size": sizes.chem, "num_hidden_layers": sizes.chem_layers,
              "num_attention_heads": heads, "intermediate_size": sizes.chem_ff, "hidden_act": "gelu", "vocab_size": sizes.vocabulary,
              "max_position_embeddings": sizes.positions, "type_vocab_size": 1, "layer_norm_eps": 1e-5, "pad_token_id": 1, "bos_token_id": 0,
              "eos_token_id": 2}
    tokenizer = {"tokenizer_class": "RobertaTokenizer", "model_max_length": sizes.positions - 2, "add_prefix_space": False, "bos_token": "<s>",
                 "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>", "cls_token": "<s>", "sep_token": "</s>"}
    for name, content in {"config.json": config, "tokenizer_config.json": tokenizer, "vocab.json": vocabulary()}.items():
        (folder / name).write_text(json.dumps(content, indent=1) + "\n")
    (folder / "merges.txt").write_text("#version: 0.2\n")  # no merges: a token is a character


def token_ids(smiles, longest):
    ids = vocabulary()
    return [0] + [ids.get(c, 3) for c in smiles][:longest - 2] + [2]


def rounded(vector):
    return [float(f"{x:.9g}") for x in vector]


def expected_of(network, sizes, heads):
    order = [i % len(SPECTRA) for i in range(BATCH - 4)] + [1, 3, 4, 6] + [3, 1, 0, 6, 4, 3]  # the longest is missing from the second batch
    fixed = [network.spectrum(i, PADDED_TO) for i in range(len(SPECTRA))]
    released = []
    for begin in range(0, len(order), BATCH):
        batch = order[begin:begin + BATCH]
        longest = max(len(SPECTRA[i][0]) for i in batch)
        once = {i: network.spectrum(i, longest)[2] for i in set(batch)}
        released += [rounded(once[i]) for i in batch]
    return {"pooled": [rounded(v[0]) for v in fixed], "projected": [rounded(v[1]) for v in fixed], "honest": [rounded(v[2]) for v in fixed],
            "order": order, "released": released, "molecules": [rounded(network.molecule(token_ids(s, sizes.positions - 2), heads)) for s in SMILES]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=REPOSITORY / "tests/golden/specbridge")
    parser.add_argument("--full", type=pathlib.Path, help="write one checkpoint of the released sizes here, its encoder folder beside it")
    arguments = parser.parse_args()
    if arguments.full:
        sizes = Sizes(**RELEASED)
        encoder_files(arguments.full.with_suffix(".encoder"), sizes, 12)
        return torch.save(checkpoint(sizes, 11, moments=40), arguments.full)
    kinds = {"gaussian": Sizes(), "plain": Sizes(blocks=1, head_hidden=0, gaussian=False, layers=1), "deep": Sizes(blocks=3, gaussian=False, mapper_hidden=20)}
    encoder_files(arguments.folder / "encoder", Sizes(), 4)
    expected = {"padded_to": PADDED_TO, "batch": BATCH, "smiles": SMILES, "spectra": [{"mz": m, "intensity": i} for m, i in SPECTRA], "models": {}}
    for seed, (name, sizes) in enumerate(kinds.items()):
        content = checkpoint(sizes, seed, moments=3)
        torch.save(content, arguments.folder / f"{name}.pt")
        expected["models"][name] = {"blocks": sizes.blocks, "head_hidden": sizes.head_hidden, "mapper_hidden": sizes.mapper_hidden, "layers": sizes.layers,
                                    **expected_of(Network(content["model"]), sizes, 4)}
    (arguments.folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
