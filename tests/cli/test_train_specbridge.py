"""SpecBridge with the real programs: pre-training, training, kill and resume, continue, fork, and the models that come out."""

import json
import signal
import subprocess
import time

import pytest

from conftest import clean_environment
from test_train_evaluate import example_molecules, spectrum

TINY = """
[train]
epochs = 6
batch_size = 8
log_every = 1
checkpoint_every_seconds = 0.0
learning_rate = 3e-3
"""


def value(toml, key):
    return next(line.split(" = ", 1)[1] for line in toml.splitlines() if line.startswith(key + " = "))


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("specbridge")
    molecules = [s for s in example_molecules() if "." not in s][100:130]
    (folder / "train.mgf").write_text("".join(spectrum(s, r, f"{i}-{r}") for i, s in enumerate(molecules) for r in range(3)))
    (folder / "other.mgf").write_text("".join(spectrum(s, 9, f"o-{i}") for i, s in enumerate(example_molecules()[200:210])))
    (folder / "dreams.toml").write_text(f"""
kind = "dreams-pretrain"
seed = 2
[data]
train = ["{folder}/train.mgf"]
validation_share = 0.1
[input]
peaks = 10
[network]
layers = 2
heads = 2
d_fourier = 20
d_peak = 12
feed_forward = 32
fourier_depth = 2
fourier_hidden = 16
frequencies = "geometric"
shortest_period = 0.1
longest_period = 500.0
num_frequencies = 16
[loss]
mz_bin = 1.0
mz_classes = 500
{TINY}
select_by = "loss"
""")
    done = run("pretrain", "spectra", "--config", folder / "dreams.toml", "-o", folder / "dreams", "--threads", "1")
    assert done.returncode == 0, done.stderr
    (folder / "config.toml").write_text(f"""
kind = "specbridge"
name = "tiny"
seed = 5
[data]
train = ["{folder}/train.mgf"]
[target]
encoder = "morgan:radius=2,bits=256"
[encoder]
weights = "{folder}/dreams/model"
trained_blocks = 1
[input]
peaks = 10
[bridge]
head_hidden = 32
head_outputs = 24
blocks = 1
hidden = 32
[loss]
alignment = 1.0
info_nce = 0.5
[validation]
share = 0.2
{TINY}
select_by = "mrr"
sampler = "balanced"
per_molecule = 2
""")
    return folder


@pytest.fixture(scope="module")
def trained(work, run):
    done = run("train", "--config", work / "config.toml", "-o", work / "run", "--threads", "1")
    assert done.returncode == 0, done.stderr
    return work / "run"


def weights(run_folder):
    return (run_folder / "model/weights.safetensors").read_bytes()


def test_training_writes_curves_and_a_model_that_evaluates(work, trained, run, tmp_path):
    header = (trained / "metrics.tsv").read_text().splitlines()[0].split("\t")
    assert header == ["step", "epoch", "loss", "learning_rate", "gradient_norm", "loss.alignment", "loss.orthogonality",
                      "loss.info_nce"]
    validation = (trained / "validation.tsv").read_text().splitlines()
    assert validation[0].split("\t") == ["step", "epoch", "mrr", "recall_at_1", "recall_at_5", "recall_at_20"]
    assert len(validation) == 7
    molecules = tmp_path / "molecules.smi"
    molecules.write_text("\n".join(example_molecules()[100:130]) + "\n")
    done = run("bank", "build", molecules, "-o", tmp_path / "bank", "--encoder", "morgan:radius=2,bits=256")
    assert done.returncode == 0, done.stderr
    done = run("evaluate", "--spectra", work / "train.mgf", "--model", trained / "model", "--bank", tmp_path / "bank",
               "--pool", "formula", "-o", tmp_path / "report.json")
    assert done.returncode == 0, done.stderr
    done = run("model", "info", trained / "model")
    assert "specbridge" in done.stdout


def test_recall_while_training_is_that_of_evaluate(work, run, tmp_path):
    """The network that learns and the one that identifies rank alike, through the same candidates."""
    bank = tmp_path / "bank"
    assert run("bank", "build", _molecules(tmp_path), "-o", bank, "--encoder", "morgan:radius=2,bits=256").returncode == 0
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "run", "--set", f"validation.spectra=['{work}/other.mgf']",
               "--set", f"validation.bank='{bank}'", "--set", "validation.max_spectra=0", "--set", "validation.pool='ppm'",
               "--set", "validation.ppm=10000.0")
    assert done.returncode == 0, done.stderr
    done = run("evaluate", "--spectra", work / "other.mgf", "--model", tmp_path / "run/model", "--bank", bank, "--pool", "ppm",
               "--ppm", "10000", "-o", tmp_path / "report.json")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in (tmp_path / "run/validation.tsv").read_text().splitlines()]
    best = max(rows[1:], key=lambda row: float(row[2]))
    figures = json.loads((tmp_path / "report.json").read_text())
    for column, name in enumerate(rows[0][2:], start=2):
        assert figures[name]["by_compound"] / 100 == pytest.approx(float(best[column]), abs=1e-3), name


def test_killed_at_any_time_the_run_resumes_to_the_same_bytes(work, trained, binary, run):
    folder = work / "killed"
    command = [binary, "train", "--config", work / "config.toml", "-o", str(folder), "--threads", "1"]
    kills = 0
    for wait in (0.5, 0.8, 1.1):
        process = subprocess.Popen(list(map(str, command)), env=clean_environment(), stderr=subprocess.DEVNULL)
        deadline = time.time() + 20
        while time.time() < deadline and process.poll() is None and not (folder / "checkpoint.safetensors").exists():
            time.sleep(0.01)
        time.sleep(wait / 4)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert run(*command[1:]).returncode == 0
    for file in ("metrics.tsv", "validation.tsv"):
        assert (folder / file).read_text() == (trained / file).read_text()
    assert weights(folder) == weights(trained)
    assert kills > 0, "the run ended before it could be killed: the test shows nothing"


def test_continue_goes_on_with_more_epochs(work, run, tmp_path):
    folder = tmp_path / "run"
    assert run("train", "--config", work / "config.toml", "-o", folder, "--set", "train.epochs=2").returncode == 0
    refused = run("train", "--config", work / "config.toml", "-o", folder, "--set", "train.epochs=4")
    assert refused.returncode == 2 and "--continue" in refused.stderr
    done = run("train", "--continue", folder, "--set", "train.epochs=4")
    assert done.returncode == 0, done.stderr
    assert "resumed at step" in done.stderr
    steps = [int(line.split("\t")[0]) for line in (folder / "validation.tsv").read_text().splitlines()[1:]]
    assert len(steps) == 4 and steps == sorted(steps)
    other_job = run("train", "--continue", folder, "--set", "bridge.hidden=16")
    assert other_job.returncode == 2 and "another config" in other_job.stderr
    nothing = run("train", "--continue", tmp_path / "nowhere")
    assert nothing.returncode == 2 and "no checkpoint" in nothing.stderr


def test_fork_starts_from_the_weights_of_another_run(work, trained, run, tmp_path):
    done = run("train", "--fork", trained, "-o", tmp_path / "fork", "--set", "loss.info_nce=0.0",
               "--set", "bridge.hidden=16", "--set", "train.epochs=1")
    assert done.returncode == 0, done.stderr
    assert "started from" in done.stderr and "begin anew (first mapper.blocks.0.fc1.bias)" in done.stderr
    itself = run("train", "--fork", trained)
    assert itself.returncode == 2 and "folder of its own" in itself.stderr


def test_every_objective_initialisation_and_freezing_trains(work, run, tmp_path):
    bank = tmp_path / "bank"
    done = run("bank", "build", _molecules(tmp_path), "-o", bank, "--encoder",
               "morgan:radius=2,bits=256")
    assert done.returncode == 0, done.stderr
    cases = {
        "contrastive": ["loss.alignment=0.0", "loss.supervised_contrastive=1.0", "train.sampler='unique'"],
        "candidates": ["loss.alignment=0.0", "loss.candidate_softmax=1.0", f"negatives.bank='{bank}'", "negatives.pool='ppm'",
                       "negatives.ppm=10000.0", "validation.bank='" + str(bank) + "'"],
        "raw": ["loss.alignment=0.0", "loss.raw_squared_error=1.0", "bridge.init='procrustes'", "encoder.trained_blocks=0"],
        "joint": ["encoder.init='random'", "encoder.trained_blocks=2", "encoder.trained_embeddings=true",
                  "augment.peak_dropout=0.2", "augment.intensity_jitter=0.1", "encoder.pooling='mean'"],
        "large": ["train.accumulate=3", "train.autocast=true", "train.patience=1", "bridge.init='xavier'", "bridge.blocks=0",
                  "bridge.head_hidden=0"],
    }
    for name, settings in cases.items():
        sets = [x for s in settings for x in ("--set", s)]
        done = run("train", "--config", work / "config.toml", "-o", tmp_path / name, "--set", "train.epochs=2", *sets)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert (tmp_path / name / "model/model.toml").exists()


def _molecules(folder):
    path = folder / "molecules.smi"
    path.write_text("\n".join(s for s in example_molecules()[:300] if "." not in s) + "\n")
    return path


@pytest.mark.parametrize("setting, code, words", [
    ("loss.aligment=1.0", 2, "did you mean loss.alignment"),
    ("train.sampler='balancd'", 2, "balanced"),
    ("bridge.init='procrusts'", 2, "procrustes"),
    ("encoder.init='fresh'", 2, "pretrained"),
    ("train.select_by='recall_at_3'", 2, "recall_at_5"),
    ("loss.candidate_softmax=1.0", 2, "negatives.bank"),
    ("encoder.weights='nowhere'", 4, "nowhere"),
    ("validation.bank='nowhere'", 4, "nowhere"),
    ("train.epochs=0", 2, "train.epochs must be between"),
])
def test_a_wrong_setting_is_named_with_its_remedy(work, run, tmp_path, setting, code, words):
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "run", "--set", setting)
    assert done.returncode == code, done.stderr
    assert words in done.stderr


def test_a_compound_in_both_folds_is_refused(work, run, tmp_path):
    for key in ("data.held_out", "validation.spectra"):
        done = run("train", "--config", work / "config.toml", "-o", tmp_path / "run", "--set", f"{key}=['{work}/train.mgf']")
        assert done.returncode == 2
        assert "stand in both" in done.stderr
