"""Pre-training of a SMILES transformer with the real binary: it learns, leaves held-out compounds out, survives kills, and its folder is a molecule encoder."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, many_smiles, run_through_kills

COUNT = 400


def config_text(folder, extra=""):
    return f"""
kind = "smiles-pretrain"
name = "tiny"
seed = 3
[data]
train = ["{folder}/molecules.smi"]
exclude = ["{folder}/held_out.mgf"]
[tokenizer]
min_count = 1
[network]
layers = 2
hidden = 32
heads = 4
feed_forward = 48
max_tokens = 40
dropout = 0.1
[loss]
fingerprint = 0.5
[target]
fingerprint = "morgan:radius=2,bits=256"
[validation]
molecules = 40
[train]
epochs = 12
batch_size = 16
learning_rate = 3e-3
log_every = 10
checkpoint_every_steps = 25
checkpoint_every_seconds = 1000.0
{extra}"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretrain")
    (folder / "molecules.smi").write_text("\n".join(many_smiles(COUNT)) + "\n")
    (folder / "held_out.mgf").write_text("BEGIN IONS\nPEPMASS=123.08\nSMILES=OCCc1ccccc1\n77.0 1\nEND IONS\n")
    (folder / "config.toml").write_text(config_text(folder))
    return folder


@pytest.fixture(scope="module")
def trained(work, run):
    done = run("pretrain", "molecules", "--config", work / "config.toml", "-o", work / "run", "--threads", "1")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def model(work, trained):
    return work / "run/model"


def table(path):
    rows = [line.split("\t") for line in Path(path).read_text().splitlines()]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def digests(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(Path(folder).rglob("*")) if p.is_file()}


def test_pretrainMolecules_learnsHiddenTokens(work, trained):
    rows = table(work / "run/validation.tsv")
    assert float(rows[-1]["masked_accuracy"]) > 0.45
    assert float(rows[-1]["loss"]) < 0.7 * float(rows[0]["loss"])


def test_pretrainMolecules_countsAddUp_heldOutFormulasStayOut(trained):
    line = next(line for line in trained.stderr.splitlines() if "molecules read" in line)
    head, *parts = line.split("; ")
    numbers = {reason: int(count.split()[0]) for count, reason in (part.split(" left out: ") for part in parts)}
    assert numbers == {"for validation": 40, "held out": 2}  # phenethyl alcohol and benzyl methyl ether
    assert head == f"{COUNT} molecules read, {COUNT - 42} used"


def test_pretrainMolecules_modelIsAMoleculeEncoder(model, run, molecules, tmp_path):
    done = run("embed", "molecules", molecules, "--model", model, "-o", tmp_path / "vectors.safetensors")
    assert done.returncode == 0, done.stderr
    done = run("bank", "build", molecules, "-o", tmp_path / "bank", "--encoder", model)
    assert done.returncode == 0, done.stderr
    info = run("bank", "info", tmp_path / "bank").stdout
    assert "32" in info
    assert "roberta" in run("model", "info", model).stdout
    pooling = json.loads((model / "1_Pooling/config.json").read_text())
    assert pooling["pooling_mode_mean_tokens"] and not pooling["pooling_mode_cls_token"]


def test_pretrainMolecules_folderIsThatOfHuggingFace(model, run, tmp_path):
    config = json.loads((model / "config.json").read_text())
    assert config["model_type"] == "roberta" and config["max_position_embeddings"] == 42
    assert (model / "model.safetensors").read_bytes() == (model / "weights.safetensors").read_bytes()
    published = tmp_path / "published"  # what somebody would put on a hub
    published.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(model / name, published)
    done = run("model", "import", published, "-o", tmp_path / "imported")
    assert done.returncode == 0, done.stderr


def test_pretrainMolecules_transformersReadsTheSame(model, binary, tmp_path):
    python = os.environ.get("MOLBRIDGE_TRANSFORMERS_PYTHON")
    if not python:
        pytest.skip("MOLBRIDGE_TRANSFORMERS_PYTHON names no Python with torch and transformers")
    (tmp_path / "texts.smi").write_text("\n".join([*many_smiles(300), "C[Na+]l%12%1", "xxC>>[nH"]) + "\n")
    script = ROOT / "tools/goldens/compare_smiles_model.py"
    done = subprocess.run([python, script, model, tmp_path / "texts.smi", "--molbridge", binary], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pretrainMolecules_bfloat16AndTokensAlone_run(work, run, tmp_path):
    done = run("pretrain", "molecules", "--config", work / "config.toml", "-o", tmp_path / "r", "--threads", "1", "--set", "train.autocast=true",
               "--set", "loss.fingerprint=0", "--set", "train.epochs=1", "--set", "network.pooling=cls")
    assert done.returncode == 0, done.stderr
    assert "fingerprint" not in table(tmp_path / "r/validation.tsv")[0]
    assert "cls" in run("model", "info", tmp_path / "r/model").stdout


def test_pretrainMolecules_killedManyTimes_endsInTheSameModel(work, model, binary, tmp_path):
    command = [binary, "pretrain", "molecules", "--config", str(work / "config.toml"), "-o", str(tmp_path / "run"), "--threads", "1", "--quiet"]
    run_through_kills(command, 1.5, 0.5)
    ours, theirs = digests(tmp_path / "run/model"), digests(model)
    for name in ("model.toml", "training.toml"):  # name the run folder
        ours.pop(name), theirs.pop(name)
    assert ours == theirs
    for name in ("metrics.tsv", "validation.tsv"):
        assert (tmp_path / "run" / name).read_bytes() == (work / "run" / name).read_bytes()


@pytest.mark.parametrize("setting, named", [
    ("network.hiden=64", "network.hidden"),
    ("network.heads=5", "network.heads"),
    ("network.pooling=max", "network.pooling"),
    ("masking.share=2", "masking.share"),
    ("masking.as_random=0.5", "masking.as_random"),
    ("target.fingerprint=morgan-counts:radius=2,width=256", "target.fingerprint"),
    ("data.exclude_by=mass", "mass"),
    ("validation.molecules=300", "validation.molecules"),
    ("kind=smiles", "smiles-pretrain"),
])
def test_pretrainMolecules_badSettings_areNamed(work, run, tmp_path, setting, named):
    done = run("pretrain", "molecules", "--config", work / "config.toml", "-o", tmp_path / "r", "--set", setting)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr


def test_pretrainMolecules_tableThatLies_isRefusedWithTheLine(work, run, tmp_path):
    (tmp_path / "t.tsv").write_text("SMILES\tMolecularFormula\tInChIKey1\nOCC\tC2H6O\tLFQSCWFLJHTTHZ\n" * 1)
    done = run("pretrain", "molecules", "--config", work / "config.toml", "-o", tmp_path / "r", "--set", f'data.train=["{tmp_path}/t.tsv"]',
               "--set", "data.standardized=true")
    assert done.returncode == 3
    assert "t.tsv:2" in done.stderr and "CCO" in done.stderr
