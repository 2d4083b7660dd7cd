"""The first stage as it is taught by candidates: folds, negatives from a bank, acquisition and exact masses as inputs, members, int8."""

import tomllib

import pytest

from conftest import ROOT
from test_train_evaluate import example_molecules, spectrum

NEW_KEYS = ["fold", "exclude", "exact", "acquisition", "members", "weights", "candidates", "negatives", "fused"]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("candidates")
    molecules = [s for s in example_molecules() if "." not in s][100:130]
    (folder / "train.mgf").write_text("".join(
        spectrum(s, r, f"{i}-{r}").replace("SMILES=", f"COLLISION_ENERGY={20 * r + 10} eV\nINSTRUMENT_TYPE=LC-ESI-QTOF\nSMILES=")
        for i, s in enumerate(molecules) for r in range(3)))
    (folder / "config.toml").write_text(f"""
kind = "fingerprint-ffn"
[data]
train = ["{folder}/train.mgf"]
[input]
min_molecules = 1
[bridge]
hidden = 32
[target]
encoder = "morgan:radius=2,bits=1024"
[validation]
share = 0.0
[train]
epochs = 12
batch_size = 16
learning_rate = 3e-3
""")
    return folder


@pytest.fixture(scope="module")
def bank(work, run):
    done = run("bank", "build", ROOT / "examples/molecules.tsv", "-o", work / "bank", "--encoder", "morgan:radius=2,bits=1024")
    assert done.returncode == 0, done.stderr
    return work / "bank"


@pytest.fixture(scope="module")
def candidates(work, bank):
    return ["--set", "loss.candidates=0.5", "--set", f"negatives.bank={bank}", "--set", "negatives.ppm=10000",
            "--set", "input.acquisition=true", "--set", "input.max_exact_peaks=50", "--set", "input.max_exact_losses=50",
            "--set", "bridge.members=2", "--set", "bridge.weights=int8", "--set", "train.fused_optimizer=true", "--set", "train.log_every=1"]


def train(run, work, output, *more):
    done = run("train", "--config", work / "config.toml", "-o", output, "--threads", "1", *more)
    assert done.returncode == 0, done.stderr
    return done


def manifest(folder):
    return tomllib.loads((folder / "model/model.toml").read_text())


def keys_of(path):
    """Dotted, without the digests of files."""
    tables = tomllib.loads(path.read_text())
    return [f"{table}.{key}" for table, keys in tables.items() if isinstance(keys, dict) and table != "files" for key in keys]


def trained_on(folder):
    return {line.split("\t")[0] for line in (folder / "model/training_molecules.tsv").read_text().splitlines()[1:]}


def test_train_withoutTheKeys_writesNoneOfThem(work, run, tmp_path):
    train(run, work, tmp_path / "r", "--set", "train.epochs=1")
    for file in ["config.toml", "model/model.toml", "model/training.toml"]:
        keys = keys_of(tmp_path / "r" / file)
        assert len(keys) > 5
        assert [key for key in keys if any(new in key for new in NEW_KEYS)] == [], file


def test_train_candidates_learnsAndReadsBack(work, bank, candidates, run, tmp_path):
    done = train(run, work, tmp_path / "r", *candidates)
    assert "negatives:" in done.stderr + done.stdout
    made = manifest(tmp_path / "r")
    assert made["bridge"]["members"] == 2 and made["input"]["acquisition"]
    again = run("train", "--config", tmp_path / "r/config.toml", "-o", tmp_path / "again", "--threads", "1")
    assert again.returncode == 0, again.stderr
    weights = [(tmp_path / run_ / "model/weights.safetensors").read_bytes() for run_ in ("r", "again")]
    assert weights[0] == weights[1], "the resolved config is the whole config"
    header, *rows = [line.split("\t") for line in (tmp_path / "r/metrics.tsv").read_text().splitlines()]
    column = header.index("loss.candidates")
    report = run("evaluate", "--spectra", work / "train.mgf", "--model", tmp_path / "r/model", "--bank", bank, "--pool", "ppm")
    assert report.returncode == 0, report.stderr
    losses = [float(row[column]) for row in rows]
    assert all(loss > 0 for loss in losses) and losses[-1] < 0.9 * losses[0]


def test_train_folds_partTheMolecules(work, run, tmp_path):
    train(run, work, tmp_path / "all", "--set", "train.epochs=1")
    everything = trained_on(tmp_path / "all")
    left_out = []
    for fold in range(3):
        done = train(run, work, tmp_path / f"f{fold}", "--set", "train.epochs=1", "--set", "data.folds=3", "--set", f"data.fold={fold}")
        assert "left out:" in done.stderr + done.stdout
        left_out.append(everything - trained_on(tmp_path / f"f{fold}"))
    assert set().union(*left_out) == everything
    assert sum(map(len, left_out)) == len(everything)
    assert all(left_out)


def test_train_excludedFormula_isNotTrainedOn(work, run, tmp_path):
    header, *rows = [line.split("\t") for line in (ROOT / "examples/molecules.tsv").read_text().splitlines()]
    formula_of = {row[header.index("smiles")]: row[header.index("formula")] for row in rows}
    used = [line[7:] for line in (work / "train.mgf").read_text().splitlines() if line.startswith("SMILES=")]
    formula = formula_of[used[0]]
    expected = len({smiles for smiles in used if formula_of[smiles] == formula})
    train(run, work, tmp_path / "all", "--set", "train.epochs=1")
    train(run, work, tmp_path / "r", "--set", "train.epochs=1", "--set", f"data.exclude_formulas=['{formula}']")
    assert trained_on(tmp_path / "r") < trained_on(tmp_path / "all")
    assert len(trained_on(tmp_path / "all")) - len(trained_on(tmp_path / "r")) == expected


@pytest.mark.parametrize("settings, part", [
    (["data.folds=3", "data.fold=3"], "data.fold"),
    (["data.fold=0"], "data.folds"),
    (["data.folds=1"], "data.folds"),
    (["loss.candidates=1"], "negatives.bank"),
    (["bridge.weights=int4"], "bridge.weights"),
    (["input.exact_ppm=0", "input.max_exact_peaks=5"], "input.exact_ppm"),
    (["negatives.per_example=4"], "negatives.per_example"),
])
def test_train_badKeys_areNamed(work, run, tmp_path, settings, part):
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "r", *[x for s in settings for x in ("--set", s)])
    assert done.returncode == 2
    assert part in done.stderr


def test_train_bankOfAnotherEncoder_isRefused(work, run, tmp_path):
    run("bank", "build", ROOT / "examples/molecules.csv", "-o", tmp_path / "other", "--encoder", "ecfp4")
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "r", "--set", "loss.candidates=1", "--set",
               f"negatives.bank={tmp_path}/other")
    assert done.returncode == 4
    assert "bank build" in done.stderr
