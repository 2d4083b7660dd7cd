"""Training and evaluation with the real binary, on spectra made up here: learning, resume after a kill, honest figures."""

import hashlib
import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import ROOT, clean_environment, run_through_kills

NUM_COMPOUNDS = 40


def example_molecules():
    lines = (ROOT / "examples/molecules.tsv").read_text().splitlines()
    header = lines[0].split("\t")
    smiles = header.index("smiles")
    return [line.split("\t")[smiles] for line in lines[1:]]


def spectrum(smiles, replicate, title, mode="positive"):
    """Peaks that depend on the molecule alone, intensities on the replicate too."""
    chance = random.Random(smiles)
    mzs = sorted(chance.uniform(50, 400) for _ in range(8))
    noise = random.Random(f"{smiles} {replicate}")
    peaks = "\n".join(f"{mz:.4f} {noise.uniform(50, 100):.2f}" for mz in mzs)
    return (f"BEGIN IONS\nTITLE={title}\nPEPMASS={mzs[-1] + 20:.4f}\nIONMODE={mode}\nADDUCT=[M+H]+\n"
            f"SMILES={smiles}\n{peaks}\nEND IONS\n\n")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train")
    molecules = [s for s in example_molecules() if "." not in s][100:100 + NUM_COMPOUNDS]
    (folder / "train.mgf").write_text("".join(
        spectrum(s, r, f"{i}-{r}") for i, s in enumerate(molecules) for r in range(4)))
    (folder / "new_replicates.mgf").write_text("".join(spectrum(s, 99, f"new-{i}") for i, s in enumerate(molecules)))
    shuffled = molecules[7:] + molecules[:7]
    (folder / "shuffled.mgf").write_text("".join(
        spectrum(s, 99, f"wrong-{i}").replace(f"SMILES={s}", f"SMILES={t}")
        for i, (s, t) in enumerate(zip(molecules, shuffled))))
    (folder / "config.toml").write_text(f"""
kind = "fingerprint-ffn"
name = "tiny"
seed = 5
[data]
train = ["{folder}/train.mgf"]
[input]
min_molecules = 1
[bridge]
hidden = 64
dropout = 0.1
[target]
encoder = "morgan:radius=2,bits=1024"
[validation]
share = 0.0
[train]
epochs = 60
batch_size = 16
learning_rate = 3e-3
checkpoint_every_seconds = 0.0
""")
    return folder


@pytest.fixture(scope="module")
def model(work, run):
    done = run("train", "--config", work / "config.toml", "-o", work / "run", "--threads", "1")
    assert done.returncode == 0, done.stderr
    return work / "run/model"


@pytest.fixture(scope="module")
def bank(work, run):
    done = run("bank", "build", ROOT / "examples/molecules.tsv", "-o", work / "bank", "--encoder",
               "morgan:radius=2,bits=1024")
    assert done.returncode == 0, done.stderr
    return work / "bank"


def digest(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(Path(folder).iterdir())}


def evaluate(run, tmp_path, *args):
    report = tmp_path / "report.json"
    done = run("evaluate", *args, "-o", report)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(report.read_text()), done


def test_train_learnsWhatItSaw(model, bank, work, run, tmp_path):
    report, _ = evaluate(run, tmp_path, "--spectra", work / "new_replicates.mgf", "--model", model, "--bank", bank,
                         "--pool", "ppm", "--ppm", "1e6")  # the whole bank is the pool
    assert report["queries"] == NUM_COMPOUNDS
    assert report["recall_at_1"]["by_compound"] > 80
    assert report["random"]["recall_at_1"]["by_compound"] < 1
    assert report["by_novelty"][">=0.8"]["queries"] == NUM_COMPOUNDS


def test_evaluate_wrongSpectra_givesChance(model, bank, work, run, tmp_path):
    report, _ = evaluate(run, tmp_path, "--spectra", work / "shuffled.mgf", "--model", model, "--bank", bank,
                         "--pool", "ppm", "--ppm", "1e6")
    assert report["recall_at_1"]["by_compound"] < 10


def test_evaluate_sameInput_sameBytes(model, bank, work, run, tmp_path):
    outputs = []
    for threads in ("1", "2"):
        path = tmp_path / f"{threads}.json"
        run("evaluate", "--spectra", work / "new_replicates.mgf", "--model", model, "--bank", bank, "--pool",
            "formula", "-o", path, "--threads", threads)
        outputs.append(path.read_bytes())
    assert outputs[0] == outputs[1]


def test_evaluate_candidateFile_standardisesAndAddsTheTruth(model, work, run, tmp_path):
    (tmp_path / "q.mgf").write_text(
        spectrum("CC(=O)Oc1ccccc1C(=O)O", 0, "aspirin").replace("SMILES=CC(=O)Oc1ccccc1C(=O)O", "SMILES=CC(=O)OC1=CC=CC=C1C(O)=O")
        + spectrum("CCO", 0, "ethanol"))
    lists = {"CC(=O)OC1=CC=CC=C1C(O)=O": ["CC(=O)Oc1ccccc1C(=O)O", "OC(=O)c1ccccc1OC(C)=O", "c1ccccc1", "C1=CC=CC=C1", "no smiles!"],
             "ethanol": ["CCC", "COC"]}
    (tmp_path / "c.json").write_text(json.dumps(lists))
    report, _ = evaluate(run, tmp_path, "--spectra", tmp_path / "q.mgf", "--model", model, "--candidates", tmp_path / "c.json",
                         "--per-query", tmp_path / "q.tsv")
    rows = [line.split("\t") for line in (tmp_path / "q.tsv").read_text().splitlines()]
    sizes = {row[0]: row[3] for row in rows[1:]}
    assert sizes == {"aspirin": "2", "ethanol": "3"}  # two spellings of one molecule are one candidate
    assert report["truth_added"] == 1


def test_evaluate_equalFingerprints_tieAgainstTheTruth(model, run, tmp_path):
    # Two long alkyl chains share their radius-2 fingerprint, so they tie for every spectrum.
    (tmp_path / "q.mgf").write_text(spectrum("C" * 20, 0, "icosane"))
    (tmp_path / "c.json").write_text(json.dumps({"icosane": ["C" * 20, "C" * 21]}))
    report, _ = evaluate(run, tmp_path, "--spectra", tmp_path / "q.mgf", "--model", model, "--candidates", tmp_path / "c.json")
    assert report["recall_at_1"]["by_spectrum"] == 0
    assert report["recall_at_5"]["by_spectrum"] == 100


def test_evaluate_skippedQueries_areMissesWithReasons(model, bank, run, tmp_path):
    good = spectrum(example_molecules()[100], 0, "good")
    empty = "BEGIN IONS\nTITLE=empty\nPEPMASS=200\nSMILES=CCO\nEND IONS\n"
    bad_structure = spectrum("CCO", 0, "bad").replace("SMILES=CCO", "SMILES=C1CC")
    unlabelled = spectrum("CCO", 0, "none").replace("SMILES=CCO\n", "")
    (tmp_path / "q.mgf").write_text(good + empty + bad_structure + unlabelled)
    report, done = evaluate(run, tmp_path, "--spectra", tmp_path / "q.mgf", "--model", model, "--bank", bank, "--pool", "formula")
    assert done.returncode == 1
    assert report["queries"] == 3 and report["skipped"] == 2 and report["unlabelled_spectra"] == 1
    assert report["recall_at_20"]["by_spectrum"] <= 33.34
    assert sum(report["skip_reasons"].values()) == 2


@pytest.mark.parametrize("args, code, part", [
    (["--pool", "ppm", "--candidates", "c.json"], 2, "exclude each other"),
    ([], 2, "--pool"),
    (["--pool", "mass"], 2, "--pool"),
    (["--candidates", "nowhere.json"], 3, "nowhere.json"),
    (["--pool", "ppm", "--bank", "nowhere"], 4, "nowhere"),
])
def test_evaluate_badOptions_areNamed(model, work, run, args, code, part):
    done = run("evaluate", "--spectra", work / "train.mgf", "--model", model, *args)
    assert done.returncode == code, done.stderr
    assert part in done.stderr


def test_evaluate_bankOfAnotherEncoder_namesBothDigests(model, work, run, tmp_path):
    run("bank", "build", ROOT / "examples/molecules.csv", "-o", tmp_path / "other", "--encoder", "ecfp4")
    done = run("evaluate", "--spectra", work / "train.mgf", "--model", model, "--bank", tmp_path / "other", "--pool", "ppm")
    assert done.returncode == 4
    assert "bank build" in done.stderr


def test_train_killedManyTimes_endsInTheSameModel(model, work, binary, tmp_path):
    command = [binary, "train", "--config", str(work / "config.toml"), "-o", str(tmp_path / "run"), "--threads", "1", "--quiet"]
    run_through_kills(command, 0.5, 0.1)
    assert digest(tmp_path / "run/model") == digest(model)
    assert (tmp_path / "run/metrics.tsv").read_bytes() == (work / "run/metrics.tsv").read_bytes()


def test_train_interrupted_keepsACheckpointAndSaysSo(work, binary, tmp_path):
    command = [binary, "train", "--config", str(work / "config.toml"), "-o", str(tmp_path / "run"), "--set", "train.epochs=100000"]
    process = subprocess.Popen(command, env=clean_environment(), stderr=subprocess.PIPE)
    for _ in range(200):
        time.sleep(0.05)
        if (tmp_path / "run/checkpoint.safetensors").exists():
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"interrupted" in error
    assert (tmp_path / "run/checkpoint.safetensors").exists()


def test_train_unknownKey_isNamedWithTheNearest(work, run):
    done = run("train", "--config", work / "config.toml", "--set", "train.lerning_rate=1")
    assert done.returncode == 2
    assert "train.lerning_rate" in done.stderr and "train.learning_rate" in done.stderr


def test_train_compoundInBothFolds_isRefused(work, run, tmp_path):
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "r", "--set",
               f'data.held_out=["{work}/new_replicates.mgf"]')
    assert done.returncode == 2
    assert f"{NUM_COMPOUNDS} compounds" in done.stderr


def test_train_otherConfigInTheSameFolder_isRefused(model, work, run):
    done = run("train", "--config", work / "config.toml", "-o", work / "run", "--set", "seed=6")
    assert done.returncode == 2
    assert "--restart" in done.stderr


def test_train_fileMissing_isAnInputError(work, run, tmp_path):
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "r", "--set", "data.train=['nowhere.mgf']")
    assert done.returncode == 3
    assert "nowhere.mgf" in done.stderr


def test_model_damaged_isRefused(model, bank, work, run, tmp_path):
    import shutil
    broken = tmp_path / "model"
    shutil.copytree(model, broken)
    weights = broken / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    done = run("evaluate", "--spectra", work / "train.mgf", "--model", broken, "--bank", bank, "--pool", "ppm")
    assert done.returncode == 4
    assert "SHA-256" in done.stderr
