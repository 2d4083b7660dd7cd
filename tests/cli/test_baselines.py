"""DeepSets and JESTR with the real binary, on spectra made up here: trained, evaluated, and a bank made by the trained molecule encoder."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from conftest import ROOT, clean_environment
from test_train_evaluate import example_molecules, spectrum

NUM_COMPOUNDS = 30
TRAIN = """
[train]
epochs = {epochs}
batch_size = 30
learning_rate = {rate}
weight_decay = 0.0
select_by = "mrr"
"""
CONFIGS = {
    "deepsets": ("deepsets", 120, "[input]\nmz_scale = 200.0\n[bridge]\nhidden = 64\nlayers = 2\npooling = \"mean\"\ndropout = 0.0\n"
                                 "score = \"log-odds\"\n[target]\nencoder = \"morgan:radius=2,bits=1024\"\n"),
    "fourier": ("deepsets", 25, "[input]\nfourier = true\nfourier_count = 32\nfourier_shortest = 0.1\n[bridge]\nhidden = 64\n"
                                "fourier_hidden = 64\nlayers = 2\npooling = \"mean\"\ndropout = 0.0\n[target]\n"
                                "encoder = \"morgan:radius=2,bits=1024\"\n"),
    "jestr": ("jestr", 15, "[bridge]\nlayers = [64, 32]\ndropout = 0.1\n[molecule]\nconvolutions = [32, 48]\nhead = [64, 32]\n"
                           "convolution_dropout = 0.0\nhead_dropout = 0.0\n"),
}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("baselines")
    molecules = [s for s in example_molecules() if "." not in s][100:100 + NUM_COMPOUNDS]
    (folder / "train.mgf").write_text("".join(
        spectrum(s, r, f"{i}-{r}") for i, s in enumerate(molecules) for r in range(3)))
    (folder / "new.mgf").write_text("".join(spectrum(s, 99, f"new-{i}") for i, s in enumerate(molecules)))
    (folder / "lists.json").write_text(json.dumps({f"new-{i}": molecules for i in range(NUM_COMPOUNDS)}))
    for name, (kind, epochs, body) in CONFIGS.items():
        (folder / f"{name}.toml").write_text(
            f'kind = "{kind}"\nname = "tiny-{name}"\nseed = 3\n[data]\ntrain = ["{folder}/train.mgf"]\n'
            f'[validation]\nshare = 0.0\n{body}{TRAIN.format(epochs=epochs, rate={"deepsets": 5e-3, "fourier": 1e-2, "jestr": 3e-3}[name])}')
    return folder


def train(run, work, name, output, *args):
    done = run("train", "--config", work / f"{name}.toml", "-o", output, "--threads", "1", *args)
    assert done.returncode == 0, done.stderr
    return Path(output) / "model"


@pytest.fixture(scope="module")
def jestr(run, work):
    return train(run, work, "jestr", work / "run-jestr")


def recall(run, work, tmp_path, model, *pools):
    report = tmp_path / "report.json"
    done = run("evaluate", "--spectra", work / "new.mgf", "--model", model, *pools, "-o", report)
    assert done.returncode == 0, done.stderr
    return json.loads(report.read_text())["recall_at_1"]["by_compound"]


# m/z as a plain number is hard to learn from, sines and cosines of it are not: chance is 3 %.
@pytest.mark.parametrize("name, least", [("deepsets", 12), ("fourier", 60)])
def test_deepSets_learnsWhatItSaw(name, least, run, work, tmp_path):
    model = train(run, work, name, tmp_path / "run")
    assert recall(run, work, tmp_path, model, "--candidates", work / "lists.json") > least
    manifest = (model / "model.toml").read_text()
    assert 'kind = "deepsets"' in manifest and f"fourier = {'true' if name == 'fourier' else 'false'}" in manifest


def test_jestr_learnsWhatItSaw_fromListsAndFromABankOfItsOwn(jestr, run, work, tmp_path):
    assert recall(run, work, tmp_path, jestr, "--candidates", work / "lists.json") > 50
    (tmp_path / "molecules.tsv").write_text(
        "smiles\n" + "".join(f"{s}\n" for s in json.loads((work / "lists.json").read_text())["new-0"]))
    done = run("bank", "build", tmp_path / "molecules.tsv", "--encoder", jestr / "molecule", "-o", tmp_path / "bank")
    assert done.returncode == 0, done.stderr
    assert recall(run, work, tmp_path, jestr, "--bank", tmp_path / "bank", "--pool", "ppm", "--ppm", "1e6") > 50


def test_jestr_bankOfAnyEncoder_servesForValidationAndForCandidates(run, work, tmp_path):
    done = run("bank", "build", ROOT / "examples/molecules.tsv", "-o", tmp_path / "bank", "--encoder", "ecfp4")
    assert done.returncode == 0, done.stderr
    done = run("train", "--config", work / "jestr.toml", "-o", tmp_path / "run", "--threads", "1", "--set", "train.epochs=2",
               "--set", "validation.share=0.3", "--set", f"validation.bank={tmp_path}/bank", "--set", "loss.candidates=0.1",
               "--set", f"candidates.bank={tmp_path}/bank", "--set", "train.log_every=1")
    assert done.returncode == 0, done.stderr
    assert "held out of training, pools of" in done.stderr
    rows = [line.split("\t") for line in (tmp_path / "run/validation.tsv").read_text().splitlines()]
    assert {"mrr", "recall_at_1"} <= set(rows[0]) and len(rows) == 3
    metrics = (tmp_path / "run/metrics.tsv").read_text().splitlines()
    assert "contrastive" in metrics[0]


def test_jestr_otherBank_isRefusedWithBothDigests(jestr, run, work, tmp_path):
    done = run("bank", "build", ROOT / "examples/molecules.tsv", "-o", tmp_path / "bank", "--encoder", "ecfp4")
    assert done.returncode == 0, done.stderr
    done = run("evaluate", "--spectra", work / "new.mgf", "--model", jestr, "--bank", tmp_path / "bank", "--pool", "formula")
    assert done.returncode == 4
    assert "does not fit the model" in done.stderr and "bank build" in done.stderr


def test_jestr_damagedMoleculeSide_isRefused(run, work, jestr, tmp_path):
    copy = tmp_path / "model"
    (copy / "molecule").mkdir(parents=True)
    for file in jestr.rglob("*"):
        if file.is_file():
            (copy / file.relative_to(jestr)).write_bytes(file.read_bytes())
    weights = copy / "molecule/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"abcd")
    done = run("evaluate", "--spectra", work / "new.mgf", "--model", copy, "--candidates", work / "lists.json")
    assert done.returncode == 4
    assert "weights.safetensors" in done.stderr


def test_jestr_killed_endsInTheSameBytes(jestr, binary, run, work, tmp_path):
    """The running statistics of its batch norms are part of the checkpoint."""
    arguments = ["train", "--config", work / "jestr.toml", "-o", tmp_path / "run", "--threads", "1"]
    every_step = ["--set", "train.checkpoint_every_seconds=0.0"]
    child = subprocess.Popen([binary, *map(str, arguments + every_step)], stderr=subprocess.DEVNULL, env=clean_environment())
    while not (tmp_path / "run/checkpoint.safetensors").exists() and child.poll() is None:
        time.sleep(0.01)
    child.kill()
    child.wait()
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    for file in ("weights.safetensors", "molecule/weights.safetensors"):
        assert (tmp_path / "run/model" / file).read_bytes() == (jestr / file).read_bytes(), file


@pytest.mark.parametrize("name, assignment, part", [
    ("deepsets", "bridge.pooling=max", "sum or mean"),
    ("deepsets", "bridge.score=best", "probability or log-odds"),
    ("deepsets", "input.fourier_count=9", "input.fourier_count"),
    ("deepsets", "target.encoder=morgan-counts:radius=2,width=1024", "must give bits"),
    ("jestr", "molecule.head=[64, 33]", "one width"),
    ("jestr", "bridge.layers=[]", "bridge.layers is empty"),
    ("jestr", "loss.candidates=0.1", "candidates.bank"),
    ("jestr", "target.encoder=ecfp4", "target.encoder"),
    ("jestr", "loss.temprature=0.1", "loss.temperature"),
])
def test_config_wrongValue_isRefusedByName(name, assignment, part, run, work, tmp_path):
    done = run("train", "--config", work / f"{name}.toml", "-o", tmp_path / "run", "--set", assignment)
    assert done.returncode == 2, done.stderr
    assert part in done.stderr
