"""Pre-training of a spectrum encoder with the real binary: learning, resume after a kill, held-out compounds, and the model that others read."""

import hashlib
import random
from pathlib import Path

import pytest

from conftest import run_through_kills

ALCOHOLS = ["C" * n + "O" for n in range(1, 25)]


def spectrum(smiles, replicate):
    """One of four ladders of peaks, so that hidden ones can be told from the others, in compounds never seen too."""
    base = 50 + 3 * (len(smiles) % 4)
    noise = random.Random(f"{smiles} {replicate}")
    peaks = "\n".join(f"{base + 14 * i + 0.05:.3f} {100 - 9 * i + noise.uniform(0, 3):.2f}" for i in range(8))
    return f"BEGIN IONS\nTITLE={smiles} {replicate}\nPEPMASS={base + 150}\nSMILES={smiles}\n{peaks}\nEND IONS\n\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretrain")
    (folder / "train.mgf").write_text("".join(spectrum(s, r) for s in ALCOHOLS for r in range(4)))
    (folder / "held_out.mgf").write_text(spectrum(ALCOHOLS[3], 0) + spectrum("COCCC", 0))  # the second: an isomer of the first
    (folder / "config.toml").write_text(f"""
kind = "dreams-pretrain"
name = "tiny"
seed = 3
[data]
train = ["{folder}/train.mgf"]
exclude = ["{folder}/held_out.mgf"]
validation_share = 0.2
[input]
peaks = 6
[network]
layers = 2
heads = 2
d_fourier = 24
d_peak = 8
feed_forward = 64
fourier_depth = 2
fourier_hidden = 24
frequencies = "geometric"
shortest_period = 0.5
longest_period = 300.0
num_frequencies = 16
[loss]
mz_bin = 1.0
mz_classes = 300
[train]
epochs = 40
batch_size = 16
learning_rate = 5e-3
checkpoint_every_seconds = 0.0
""")
    return folder


@pytest.fixture(scope="module")
def trained(work, run):
    done = run("pretrain", "spectra", "--config", work / "config.toml", "-o", work / "run", "--threads", "1")
    assert done.returncode == 0, done.stderr
    return done


def digest(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(Path(folder).iterdir())}


def table(path):
    lines = [line.split("\t") for line in Path(path).read_text().splitlines()]
    return [dict(zip(lines[0], map(float, line))) for line in lines[1:]]


def test_pretrainSpectra_learnsWithoutStructures(work, trained):
    figures = table(work / "run/validation.tsv")
    assert figures[-1]["loss"] < 0.5 * figures[0]["loss"]
    assert figures[-1]["top_5"] > 0.2 > figures[0]["top_5"]


def test_pretrainSpectra_leavesOutHeldOutFormulasAndSaysSo(trained):
    assert "4 left out: formula is held out" in trained.stderr
    assert "96 spectra read" in trained.stderr


def test_pretrainSpectra_modelIsReadAsDreams(work, trained, run, tmp_path):
    info = run("model", "info", work / "run/model")
    assert info.returncode == 0, info.stderr
    assert "dreams" in info.stdout and "padding_tokens" in info.stdout
    vectors = []
    for threads in ("1", "2"):
        out = tmp_path / f"{threads}.tsv"
        done = run("embed", "spectra", work / "train.mgf", "--model", work / "run/model", "-o", out, "--threads", threads)
        assert done.returncode == 0, done.stderr
        assert "32 columns by DreaMS 2x32, 2 heads" in done.stderr
        vectors.append(out.read_text())
    assert vectors[0] == vectors[1]
    alone = tmp_path / "alone.mgf"
    alone.write_text(spectrum(ALCOHOLS[5], 1))
    done = run("embed", "spectra", alone, "--model", work / "run/model")
    assert done.stdout.splitlines()[-1].split("\t")[-32:] == vectors[0].splitlines()[-(96 - 21)].split("\t")[-32:]


def test_pretrainSpectra_killedManyTimes_endsInTheSameModel(work, trained, binary, tmp_path):
    command = [binary, "pretrain", "spectra", "--config", str(work / "config.toml"), "-o", str(tmp_path / "run"), "--threads", "1", "--quiet"]
    run_through_kills(command, 1, 0.5)
    weights = "weights.safetensors"
    assert digest(tmp_path / "run/model")[weights] == digest(work / "run/model")[weights]
    for name in ("metrics.tsv", "validation.tsv"):
        assert (tmp_path / "run" / name).read_bytes() == (work / "run" / name).read_bytes()


def test_pretrainSpectra_forkStartsFromTheOtherRun(work, trained, run, tmp_path):
    done = run("pretrain", "spectra", "--config", work / "config.toml", "--fork", work / "run", "-o", tmp_path / "b", "--set", "train.epochs=1", "--set", "train.learning_rate=1e-6")
    assert done.returncode == 0, done.stderr
    assert table(tmp_path / "b/validation.tsv")[0]["loss"] == pytest.approx(min(r["loss"] for r in table(work / "run/validation.tsv")), rel=0.05)


@pytest.mark.parametrize("setting, named", [
    ("network.heads=5", "network.heads"),
    ("network.layer=3", "network.layers"),
    ("masking.peaks=all", "intensity or cutoff"),
    ("data.exclude_by=mass", "inchikey or formula"),
    ("kind=fingerprint-ffn", "dreams-pretrain"),
    ("train.select_by=recall", "top_1"),
])
def test_pretrainSpectra_badSettings_areNamed(work, run, tmp_path, setting, named):
    done = run("pretrain", "spectra", "--config", work / "config.toml", "-o", tmp_path / "r", "--set", setting, "--set", "train.epochs=1")
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
