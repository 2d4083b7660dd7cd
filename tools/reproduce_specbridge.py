#!/usr/bin/env python3
"""Runs everything behind docs/results/specbridge.md: banks, pre-training, training runs, evaluations, analyses and tables.

Every step is skipped when its result stands, and a training run that was cut off goes on, so the command may be repeated until it is done.
Usage: tools/reproduce_specbridge.py --work DIR [--data ../shared/data] [--only NAME ...] [--list] [--tables FILE.md]
"""
import argparse
import json
import pathlib

from experiment import Experiment, add_options, interval, settings

FIGURES = ["recall_at_1", "recall_at_5", "recall_at_20", "mrr", "mces_at_1"]

# The molecule spaces: encoder of the bank and of the targets, with {data} and {work} filled in.
SPACES = {
    "ecfp4": "morgan:radius=2,bits=2048",
    "albert": "{data}/weights/rxnmapper-albert?pooling=mean,dtype=bf16",
    "smiles": "{work}/smiles/model?dtype=bf16",
}

ALIGN = {}
NCE = {"loss.alignment": 0, "loss.orthogonality": 0, "loss.info_nce": 1, "train.sampler": "'unique'"}
CANDIDATES = {"loss.alignment": 0, "loss.orthogonality": 0, "loss.candidate_softmax": 1, "train.sampler": "'unique'"}
FROZEN = {"encoder.trained_blocks": 0}
LONG = {"train.epochs": 24, "train.per_molecule": 4}
JOINT = {"encoder.init": "'random'", "encoder.trained_blocks": 4, "encoder.trained_embeddings": True,
         "encoder.learning_rate_scale": 1.0}


def run(space, *changes, seed=1):
    settings = {"seed": seed}
    for change in changes:
        settings.update(change)
    return {"space": space, "set": settings}


RUNS = {
    "albert-align": run("albert", ALIGN),
    "albert-nce": run("albert", NCE),
    "albert-align-frozen": run("albert", FROZEN),
    "albert-nce-frozen": run("albert", NCE, FROZEN),
    "albert-candidates": run("albert", CANDIDATES),
    "ecfp4-align": run("ecfp4", ALIGN),
    "ecfp4-candidates": run("ecfp4", CANDIDATES),
    "albert-align-joint": run("albert", JOINT),
    "albert-nce-joint": run("albert", NCE, JOINT),
    "albert-align-xavier": run("albert", {"bridge.init": "'xavier'"}),
    "albert-align-procrustes": run("albert", {"bridge.init": "'procrustes'"}),
    "albert-align-last1": run("albert", {"encoder.trained_blocks": 1}),
    "albert-align-last4": run("albert", {"encoder.trained_blocks": 4}),
    "smiles-align": run("smiles", ALIGN),
    "smiles-candidates": run("smiles", CANDIDATES),
    "ecfp4-align-long": run("ecfp4", LONG),
    "ecfp4-candidates-long": run("ecfp4", CANDIDATES, LONG),
    "albert-align-long": run("albert", LONG),
    "albert-candidates-long": run("albert", CANDIDATES, LONG),
    "albert-align-seed2": run("albert", ALIGN, seed=2),
    "albert-nce-seed2": run("albert", NCE, seed=2),
    "albert-align-seed3": run("albert", ALIGN, seed=3),
    "albert-nce-seed3": run("albert", NCE, seed=3),
    "ecfp4-nce": run("ecfp4", NCE),
}
for depth in (0, 2, 4, 8):
    for width in (256, 1024):
        RUNS[f"albert-depth{depth}-width{width}"] = run(
            "albert", FROZEN, {"bridge.blocks": depth, "bridge.hidden": width, "bridge.head_hidden": width})


class Work(Experiment):
    def __init__(self, options):
        super().__init__(options.molbridge, options.data, options.work)
        self.options = options
        self.train = self.data / "massbank/massbank_train.mgf.gz"
        self.val = self.data / "massbank/massbank_val.mgf.gz"
        self.molecules = sorted((self.data / "molecules").glob("molecules_*.tsv.gz"))

    def encoder(self, space):
        return SPACES[space].format(data=self.data, work=self.folder)

    def bank(self, space):
        """All molecules with a formula of the training or the validation spectra: with these, formula pools are those of the whole table."""
        folder = self.folder / f"bank_{space}"
        if not (folder / "bank.toml").exists():
            self.call("bank", "build", *self.molecules, "--encoder", self.encoder(space), "--formulas-of", self.train,
                      "--formulas-of", self.val, "-o", folder, log=space)
        return folder

    def pretrain(self):
        for what, config, folder in (("spectra", "dreams-small", "dreams"), ("molecules", "smiles-small", "smiles")):
            if not (self.folder / folder / "model/model.toml").exists():
                self.call("pretrain", what, "--config", f"configs/{config}.toml", "-o", self.folder / folder, log=folder)

    def train_run(self, name):
        spec, folder = RUNS[name], self.folder / "runs" / name
        if not (folder / "model/model.toml").exists():
            values = {"data.train": f"['{self.train}']", "data.held_out": f"['{self.val}']",
                      "target.encoder": f"'{self.encoder(spec['space'])}'",
                      "encoder.weights": f"'{self.folder}/dreams/model'",
                      "validation.bank": f"'{self.bank(spec['space'])}'",
                      "train.cache_folder": f"'{self.folder}/cache'", **spec["set"]}
            self.call("train", "--config", "configs/specbridge.toml", "-o", folder, *settings(values), "--threads", "1",
                      log=name)
        self.evaluate(name, folder / "model", self.bank(spec["space"]))

    def evaluate(self, name, model, bank):
        self.report(name, "evaluate", "--spectra", self.val, "--model", model, "--bank", bank, "--pool", "formula",
                    *(["--mces", "--mces-random", "1"] if self.options.mces else []),
                    "--per-query", self.folder / "eval" / f"{name}.tsv")


def cell(figure):
    return interval(figure["by_compound"], *figure["ci95_by_compound"])


def row(work, name, label):
    path = work.folder / "eval" / f"{name}.json"
    if not path.exists():
        return f"| {label} | " + " | ".join(["not run"] * len(FIGURES)) + " |"
    figures = json.loads(path.read_text())
    return f"| {label} | " + " | ".join(cell(figures[f]) if f in figures else "-" for f in FIGURES) + " |"


def tables(work):
    head = "| | R@1 | R@5 | R@20 | MRR | MCES@1 |\n|---|---|---|---|---|---|"
    parts = []
    for title, rows in TABLES.items():
        parts.append(f"### {title}\n\n{head}\n" + "\n".join(row(work, name, label) for name, label in rows))
    return "\n\n".join(parts) + "\n"


TABLES = {
    "Main comparison (shape of the paper's table 2)": [
        ("random", "Random"), ("deepsets", "DeepSets"), ("ffn", "Fingerprint FFN"), ("deepsets-fourier", "DeepSets + Fourier"),
        ("jestr", "JESTR-style"), ("library-cosine", "nearest library spectrum, cosine"),
        ("library-entropy", "nearest library spectrum, entropy"),
        ("library-modified", "nearest library spectrum, modified cosine"),
        ("ecfp4-align", "SpecBridge, ECFP4, alignment"), ("albert-align", "SpecBridge, rxnmapper ALBERT, alignment"),
        ("smiles-align", "SpecBridge, own SMILES encoder, alignment"),
        ("ecfp4-nce", "SpecBridge, ECFP4, InfoNCE"), ("albert-nce", "SpecBridge, ALBERT, InfoNCE"),
        ("ecfp4-candidates", "SpecBridge, ECFP4, candidate softmax"),
        ("albert-candidates", "SpecBridge, ALBERT, candidate softmax"),
        ("smiles-candidates", "SpecBridge, own SMILES encoder, candidate softmax"),
        ("ecfp4-align-long", "SpecBridge, ECFP4, alignment, six times the steps"),
        ("albert-align-long", "SpecBridge, ALBERT, alignment, six times the steps"),
        ("ecfp4-candidates-long", "SpecBridge, ECFP4, candidate softmax, six times the steps"),
        ("albert-candidates-long", "SpecBridge, ALBERT, candidate softmax, six times the steps")],
    "Objective, pre-training, encoder (table 3; ALBERT space)": [
        ("albert-align", "alignment, pre-trained, last 2 blocks"), ("albert-align-frozen", "alignment, pre-trained, frozen"),
        ("albert-align-joint", "alignment, random, all trained"), ("albert-nce", "InfoNCE, pre-trained, last 2 blocks"),
        ("albert-nce-frozen", "InfoNCE, pre-trained, frozen"), ("albert-nce-joint", "InfoNCE, random, all trained")],
    "Mapper capacity (table 6; ALBERT space, frozen encoder in every row)": [
        (f"albert-depth{depth}-width{width}", f"n = {depth}, h = {width}") for depth in (0, 2, 4, 8) for width in (256, 1024)],
    "Unfreezing depth (table 7; ALBERT space)": [
        ("albert-align-frozen", "0"), ("albert-align-last1", "1"), ("albert-align", "2"), ("albert-align-last4", "4 (all)")],
    "Initialisation of W (table 8; ALBERT space)": [
        ("albert-align-xavier", "Xavier"), ("albert-align", "orthogonal"), ("albert-align-procrustes", "Procrustes")],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--no-mces", dest="mces", action="store_false", help="leave MCES@1 out")
    options = parser.parse_args()
    if options.list:
        print("\n".join(RUNS))
        return
    work = Work(options)
    if options.tables:
        pathlib.Path(options.tables).write_text(tables(work))
        return
    if not options.only:
        work.pretrain()
    for name in options.only or RUNS:
        work.train_run(name)


if __name__ == "__main__":
    main()
