#!/usr/bin/env python3
"""PyKEEN as the referee of TransE, DistMult, ComplEx and RotatE.

Needs PyKEEN (written with 1.10.2 and class-resolver 0.4.3, which it needs) in a virtual environment of its own; molbridge itself does not.

Usage:
  tools/referee_graph_embeddings.py golden
      writes tests/golden/graph_embedding/scores.safetensors: PyKEEN's scores of random vectors, which the unit tests hold both our paths to
  tools/referee_graph_embeddings.py compare --molbridge build/release/molbridge [--dataset umls] [--epochs 200] [--kind transe ...]
      trains PyKEEN's model and ours on a graph that PyKEEN carries, same width, margin, epochs and batch, and prints the filtered mean
      reciprocal rank of the test triples (heads and tails, realistic and pessimistic ranks) of both, as PyKEEN's evaluator counts it

Sources: Bordes et al. 2013 (TransE), Yang et al. 2015 (DistMult), Trouillon et al. 2016 (ComplEx), Sun et al. 2019 (RotatE); Ali et al. 2021
(PyKEEN).
"""
import argparse
import json
import pathlib
import struct
import subprocess
import tempfile

import numpy as np
import torch
from pykeen.datasets import get_dataset
from pykeen.evaluation import RankBasedEvaluator
from pykeen.models import ComplEx, DistMult, RotatE, TransE
from pykeen.nn.modules import ComplExInteraction, DistMultInteraction, RotatEInteraction, TransEInteraction
from pykeen.pipeline import pipeline

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests/golden/graph_embedding/scores.safetensors"
KINDS = ("transe", "distmult", "complex", "rotate")
MODELS = {"transe": TransE, "distmult": DistMult, "complex": ComplEx, "rotate": RotatE}
TYPES = {"F32": np.float32, "F16": np.float16}


def write_safetensors(path: pathlib.Path, tensors: dict) -> None:
    header, data = {}, b""
    for name in sorted(tensors):
        raw = np.ascontiguousarray(tensors[name], dtype=np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path: pathlib.Path) -> dict:
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    out = {}
    for name, entry in json.loads(raw[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        out[name] = np.frombuffer(raw[8 + size + begin : 8 + size + end], TYPES[entry["dtype"]]).reshape(entry["shape"]).astype(np.float32)
    return out


def halves_as_complex(x: np.ndarray) -> torch.Tensor:
    """Our layout: real parts in the first half of a vector, imaginary ones in the second."""
    half = x.shape[-1] // 2
    return torch.complex(torch.tensor(x[..., :half]), torch.tensor(x[..., half:]))


def angles_as_complex(x: np.ndarray) -> torch.Tensor:
    return torch.polar(torch.ones(x.shape), torch.tensor(x))


def interaction(kind: str):
    return {"transe": lambda: TransEInteraction(p=2), "distmult": DistMultInteraction, "complex": ComplExInteraction, "rotate": RotatEInteraction}[kind]()


def representations(kind: str, entities: np.ndarray, relations: np.ndarray) -> tuple:
    """Our vectors as PyKEEN takes them."""
    if kind == "complex":
        return halves_as_complex(entities), halves_as_complex(relations)
    if kind == "rotate":
        return halves_as_complex(entities), angles_as_complex(relations)
    return torch.tensor(entities), torch.tensor(relations)


def make_golden() -> None:
    rng = np.random.default_rng(20130)
    rows, width = 32, 8
    tensors = {name: rng.standard_normal((rows, width)).astype(np.float32) for name in ("heads", "tails")}
    for kind in KINDS:
        relations = rng.standard_normal((rows, width // 2 if kind == "rotate" else width)).astype(np.float32)
        heads, relation = representations(kind, tensors["heads"], relations)
        tails, _ = representations(kind, tensors["tails"], relations)
        tensors["relations." + kind] = relations
        tensors["scores." + kind] = interaction(kind)(heads, relation, tails).detach().numpy()
    write_safetensors(GOLDEN, tensors)
    print(f"{GOLDEN.relative_to(ROOT)}: {GOLDEN.stat().st_size} bytes")


def write_graph(dataset, folder: pathlib.Path) -> None:
    nodes = sorted(dataset.entity_to_id, key=dataset.entity_to_id.get)
    (folder / "nodes.tsv").write_text("node_id\ttype\n" + "".join(f"{node}\tentity\n" for node in nodes))
    for part, triples in (("train", dataset.training), ("test", dataset.testing)):
        rows = "".join(f"{h}\t{r}\t{t}\n" for h, r, t in triples.triples)
        (folder / f"edges_{part}.tsv").write_text("head\trelation\ttail\n" + rows)


CONFIG = """kind = "{kind}"
name = "referee-{kind}"
[graph]
nodes = "{folder}/nodes.tsv"
edges = ["{folder}/edges_train.tsv"]
licence_ok = false
[bridge]
width = {width}
[loss]
margin = {margin}
adversarial_temperature = 1.0
negatives = {negatives}
regularisation = {regularisation}
[validation]
share = 0
[train]
epochs = {epochs}
batch_size = {batch}
learning_rate = {rate}
warmup_share = 0
clip_norm = 1e9
"""


def train_ours(args, kind: str, folder: pathlib.Path) -> pathlib.Path:
    config = folder / f"{kind}.toml"
    config.write_text(CONFIG.format(kind=kind, folder=folder, width=args.width, margin=args.margin, negatives=args.negatives,
                                    regularisation=0, epochs=args.epochs, batch=args.batch, rate=args.rate))
    subprocess.run([args.molbridge, "train", "--config", config, "-o", folder / kind, "-q"], check=True)
    return folder / kind / "model"


def our_model(kind: str, model: pathlib.Path, dataset, width: int):
    """A PyKEEN model that holds our vectors, so that one evaluator judges both."""
    weights = read_safetensors(model / "weights.safetensors")
    nodes = [line.split("\t")[0] for line in (model / "nodes.tsv").read_text().splitlines()[1:]]
    names = [line.split("\t")[1] for line in (model / "relations.tsv").read_text().splitlines()[1:]]
    entities = weights["entities"][[nodes.index(n) for n in sorted(dataset.entity_to_id, key=dataset.entity_to_id.get)]]
    relations = weights["relations"][[names.index(n) for n in sorted(dataset.relation_to_id, key=dataset.relation_to_id.get)]]
    out = pykeen_model(kind, dataset, width)
    for representation, values in zip((out.entity_representations[0], out.relation_representations[0]), representations(kind, entities, relations)):
        parameter = representation._embeddings.weight
        values = torch.view_as_real(values) if values.is_complex() else values
        with torch.no_grad():
            parameter.copy_(values.reshape(parameter.shape))
        representation.normalizer = representation.constrainer = None
    return out


def pykeen_model(kind: str, dataset, width: int):
    settings = {"embedding_dim": width // 2 if kind in ("complex", "rotate") else width}
    if kind == "transe":
        settings["scoring_fct_norm"] = 2
    return MODELS[kind](triples_factory=dataset.training, random_seed=1, **settings)


def train_pykeen(args, kind: str, dataset):
    return pipeline(
        dataset=dataset, model=pykeen_model(kind, dataset, args.width), training_loop="sLCWA", random_seed=1, device="cpu",
        loss="nssa", loss_kwargs={"margin": args.margin, "adversarial_temperature": 1.0},
        negative_sampler_kwargs={"num_negs_per_pos": args.negatives}, optimizer="Adam", optimizer_kwargs={"lr": args.rate},
        training_kwargs={"num_epochs": args.epochs, "batch_size": args.batch, "use_tqdm": False}, evaluation_kwargs={"use_tqdm": False},
    ).model


def reciprocal_ranks(model, dataset) -> tuple:
    model.eval()
    results = RankBasedEvaluator(filtered=True).evaluate(
        model, dataset.testing.mapped_triples, batch_size=64, use_tqdm=False,
        additional_filter_triples=[dataset.training.mapped_triples, dataset.validation.mapped_triples])
    return tuple(results.get_metric(f"both.{kind}.inverse_harmonic_mean_rank") for kind in ("realistic", "pessimistic"))


def compare(args) -> None:
    dataset = get_dataset(dataset=args.dataset)
    print("dataset\tkind\ttrained_by\tmrr_realistic\tmrr_pessimistic", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_graph(dataset, folder)
        for kind in args.kind:
            ours = our_model(kind, train_ours(args, kind, folder), dataset, args.width)
            for by, model in (("molbridge", ours), ("pykeen", train_pykeen(args, kind, dataset))):
                realistic, pessimistic = reciprocal_ranks(model, dataset)
                print(f"{args.dataset}\t{kind}\t{by}\t{realistic:.4f}\t{pessimistic:.4f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("golden")
    more = commands.add_parser("compare")
    more.add_argument("--molbridge", required=True)
    more.add_argument("--dataset", default="umls", choices=("nations", "umls", "kinships"))
    more.add_argument("--kind", nargs="+", default=KINDS, choices=KINDS)
    for option, value in (("--epochs", 200), ("--batch", 512), ("--width", 64), ("--negatives", 32)):
        more.add_argument(option, type=int, default=value)
    for option, value in (("--margin", 6.0), ("--rate", 0.01)):
        more.add_argument(option, type=float, default=value)
    args = parser.parse_args()
    make_golden() if args.command == "golden" else compare(args)


if __name__ == "__main__":
    main()
