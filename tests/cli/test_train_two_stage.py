"""The chain that makes a model of two stages, with the real programs on spectra made up here: first stages and fragment networks of a fold and of all,
reranker, join, identification with annotated peaks, evaluation, kill and resume, and what wrong configs say."""

import csv
import json
import signal
import subprocess
import time

import pytest

from conftest import clean_environment

ENCODER = "morgan:radius=2,bits=512"
PROTON, H, C, O = 1.00727646, 1.00782503, 12.0, 15.99491462

# Isomers of one formula for every length of the chain, and what the first two break into: (formula as C, H, O of the ion, intensity).
SERIES = {
    "benzoate": (lambda n: "C" * n + "OC(=O)c1ccccc1", [((7, 5, 1), 100), ((6, 5, 0), 30), ((7, 7, 2), 60)]),
    "phenylacetate": (lambda n: "C" * (n - 1) + "OC(=O)Cc1ccccc1", [((7, 7, 0), 100), ((8, 9, 2), 40)]),
    "alkoxybenzaldehyde": (lambda n: "C" * n + "Oc1ccc(C=O)cc1", []),
    "alkylbenzoic": (lambda n: "C" * n + "c1ccc(C(=O)O)cc1", []),
}
TRAINED, HELD_OUT = range(2, 12), (12, 13)


def ion(c, h, o):
    return c * C + h * H + o * O - H + PROTON


def spectrum(series, n, energy):
    smiles, fragments = SERIES[series]
    precursor = ion(7 + n, 7 + 2 * n, 2)
    peaks = sorted((ion(*formula), intensity * (1 + energy / 100)) for formula, intensity in fragments)
    lines = "\n".join(f"{mz:.5f} {intensity:.2f}" for mz, intensity in [*peaks, (precursor, 20)])
    return (f"BEGIN IONS\nTITLE={series}-{n}-{energy}\nPEPMASS={precursor:.5f}\nIONMODE=positive\nADDUCT=[M+H]+\n"
            f"COLLISION_ENERGY={energy} eV\nSMILES={smiles(n)}\n{lines}\nEND IONS\n\n")


def spectra(lengths):
    return "".join(spectrum(series, n, energy) for n in lengths for series in ("benzoate", "phenylacetate") for energy in (20, 40))


def plain_config(work):
    """A first stage of its own: what says which decoys are hard."""
    return f"""
kind = "fingerprint-ffn"
name = "bridge"
licence = "CC0"
[data]
train = ["{work}/train.mgf"]
held_out = ["{work}/test.mgf"]
[target]
encoder = "{ENCODER}"
[input]
min_molecules = 1
[bridge]
hidden = 32
[validation]
share = 0.0
[train]
epochs = 4
batch_size = 8
learning_rate = 5e-3
log_every = 1
"""


def bridge_config(work):
    """Taught with candidates and simulated spectra, with a library of analogs."""
    return plain_config(work) + f"""
[loss]
candidates = 0.3
[negatives]
bank = "{work}/bank"
per_example = 4
[simulated]
fragments = "{work}/fragments/model"
spectra = 200
[analogs]
weight = 0.1
spectra_per_molecule = 1
peaks = 5
"""


def fragment_config(work):
    return f"""
kind = "fragment-net"
name = "fragments"
[data]
train = ["{work}/train.mgf"]
held_out = ["{work}/test.mgf"]
[negatives]
bank = "{work}/bank"
decoys = 3
hard_model = "{work}/plain/model"
[network]
hidden = 8
hidden2 = 8
[train]
candidates = 4
epochs = 3
batch_size = 4
learning_rate = 2e-2
log_every = 1
"""


def reranker_config(work):
    return f"""
kind = "reranker"
[data]
train = ["{work}/train.mgf"]
held_out = ["{work}/test.mgf"]
[candidates]
bank = "{work}/bank"
[fold]
bridge = "{work}/bridge-fold/model"
fragments = ["{work}/fragments-fold/model"]
[final]
bridge = "{work}/bridge/model"
fragments = ["{work}/fragments/model"]
[rerank]
shortlist = 3
[combiner]
hidden = 2
steps = 40
"""


FOLD = ("--set", "data.folds=2", "--set", "data.fold=0")


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("two-stage")
    (folder / "train.mgf").write_text(spectra(TRAINED))
    (folder / "test.mgf").write_text(spectra(HELD_OUT))
    (folder / "molecules.tsv").write_text("name\tsmiles\n" + "".join(
        f"{series}-{n}\t{smiles(n)}\n" for n in [*TRAINED, *HELD_OUT] for series, (smiles, _) in SERIES.items()))
    (folder / "plain.toml").write_text(plain_config(folder))
    (folder / "bridge.toml").write_text(bridge_config(folder))
    (folder / "fragments.toml").write_text(fragment_config(folder))
    (folder / "reranker.toml").write_text(reranker_config(folder))
    done = run("bank", "build", folder / "molecules.tsv", "-o", folder / "bank", "--encoder", ENCODER)
    assert done.returncode == 0, done.stderr
    return folder


def train(run, work, config, output, *more):
    return run("train", "--config", work / f"{config}.toml", "-o", work / output, "--threads", "1", *more)


@pytest.fixture(scope="module")
def parts(work, run):
    """Both stages, of a fold and of all; the last is the second stage."""
    of_fold = (*FOLD, "--set", f"simulated.fragments='{work}/fragments-fold/model'")
    for config, output, more in (("plain", "plain", ()), ("fragments", "fragments-fold", FOLD), ("fragments", "fragments", ()),
                                 ("bridge", "bridge-fold", of_fold), ("bridge", "bridge", ()), ("reranker", "reranker", ())):
        done = train(run, work, config, output, *more)
        assert done.returncode == 0, f"{output}: {done.stderr}"
    return work


@pytest.fixture(scope="module")
def model(parts, run):
    done = run("model", "join", "--bridge", parts / "bridge/model", "--rerank", parts / "reranker/model", "-o", parts / "model")
    assert done.returncode == 0, done.stderr
    return parts / "model"


def table(path):
    with open(path, newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def training_molecules(model):
    return {row["smiles"] for row in table(model / "training_molecules.tsv")}


def test_fold_models_are_trained_without_the_formulas_of_the_fold(parts):
    for whole, fold in (("bridge", "bridge-fold"), ("fragments", "fragments-fold")):
        everything, part = training_molecules(parts / whole / "model"), training_molecules(parts / fold / "model")
        assert len(everything) == 2 * len(TRAINED)
        assert part < everything and len(part) >= 4
        assert len(everything - part) >= 4
        assert len(part) % 2 == 0, "both isomers of a formula are in the same fold"
    assert training_molecules(parts / "bridge-fold/model") == training_molecules(parts / "fragments-fold/model")


def test_model_of_two_stages_identifies_with_all_columns(model, work, run, tmp_path):
    done = run("identify", work / "test.mgf", "--model", model, "--bank", work / "bank", "-o", tmp_path / "out.tsv", "--top-k", "10",
               "--explain", tmp_path / "peaks.tsv")
    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "out.tsv")
    by_query = {}
    for row in rows:
        by_query.setdefault(row["query_id"], []).append(row)
    assert len(by_query) == 2 * 2 * len(HELD_OUT)
    for query, hits in by_query.items():
        assert [hit["rank"] for hit in hits] == ["1", "2", "3", "4"], query
        assert sum(float(hit["probability"]) for hit in hits[:3]) == pytest.approx(1, abs=1e-3)
        for hit in hits[:3]:
            assert 0 <= float(hit["probability"]) <= float(hit["probability_close"]) <= 1
            assert 0 <= float(hit["fragments_explained"]) <= 1 and 0 <= float(hit["intensity_explained"]) <= 1
            assert hit["bridge_score"] != ""
        assert hits[3]["fragments_explained"] == "" and hits[3]["probability"] == ""  # not on the shortlist of three
        assert 0 <= float(hits[0]["q_value"]) <= 1
    explained = table(tmp_path / "peaks.tsv")
    assert {row["query_id"] for row in explained} == set(by_query)
    assert any(row["formula"] == "C7H5O+" for row in explained)


def test_second_stage_learned_what_breaks_off(model, work, run, tmp_path):
    """Held-out lengths of the chain: the isomers that give the measured fragments are above those that do not."""
    done = run("evaluate", "--spectra", work / "test.mgf", "--model", model, "--bank", work / "bank", "--pool", "ppm", "-o", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["queries"] == 2 * 2 * len(HELD_OUT) and report["skipped"] == 0
    assert report["recall_at_1"]["by_compound"] >= report["random"]["recall_at_1"]["by_compound"] + 20


def test_reranker_says_what_it_was_fitted_on(parts):
    text = (parts / "reranker/model/model.toml").read_text()
    for key in ("[fitted]", "recall_at_1", "bridge_digest", "fragments_digests", "[calibration.tempering]", "[fragment_net]"):
        assert key in text, key
    left_out = training_molecules(parts / "bridge/model") - training_molecules(parts / "bridge-fold/model")
    assert f"compounds = {len(left_out)}" in text


def test_the_same_training_gives_the_same_bytes(parts, run):
    assert train(run, parts, "reranker", "reranker-again").returncode == 0
    for file in ("model.toml", "weights.safetensors"):
        assert (parts / "reranker-again/model" / file).read_bytes() == (parts / "reranker/model" / file).read_bytes()


def test_killed_fragment_network_resumes_to_the_same_bytes(parts, binary, run):
    folder = parts / "killed"
    command = [binary, "train", "--config", parts / "fragments.toml", "-o", folder, "--threads", "1", "--set", "train.checkpoint_every_seconds=0.0"]
    kills = 0
    for _ in range(2):
        process = subprocess.Popen(list(map(str, command)), env=clean_environment(), stderr=subprocess.DEVNULL)
        deadline = time.time() + 20
        before = (folder / "checkpoint.safetensors").stat().st_mtime_ns if (folder / "checkpoint.safetensors").exists() else 0
        while time.time() < deadline and process.poll() is None:
            if (folder / "checkpoint.safetensors").exists() and (folder / "checkpoint.safetensors").stat().st_mtime_ns > before:
                break
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert not (folder / "model/model.toml").exists() and kills > 0, "the run ended before it could be killed: the test shows nothing"
    assert run(*command[1:]).returncode == 0
    assert (folder / "metrics.tsv").read_text() == (parts / "fragments/metrics.tsv").read_text()
    assert (folder / "model/weights.safetensors").read_bytes() == (parts / "fragments/model/weights.safetensors").read_bytes()


def test_simulated_spectra_and_the_library_are_of_the_molecules_trained_on(parts, run):
    text = (parts / "bridge-fold/model/model.toml").read_text()
    assert "[analogs]\nweight = 0.1" in text and 'similarity = "modified-cosine"' in text
    losses = [float(row["loss.simulated_candidates"]) for row in table(parts / "bridge-fold/metrics.tsv")]
    assert min(losses) > 0 and losses[-1] < losses[0]
    done = train(run, parts, "bridge", "bridge-again")
    assert done.returncode == 0 and "200 spectra simulated" in done.stderr, done.stderr
    for file in ("model.toml", "weights.safetensors"):
        assert (parts / "bridge-again/model" / file).read_bytes() == (parts / "bridge/model" / file).read_bytes()


def test_join_refuses_a_pair_that_does_not_belong_together(parts, run, tmp_path):
    done = run("model", "join", "--bridge", parts / "bridge-fold/model", "--rerank", parts / "reranker/model", "-o", tmp_path / "m")
    assert done.returncode == 4 and "another first stage" in done.stderr
    assert not (tmp_path / "m").exists()


def test_join_keeps_the_card_and_replaces_by_force_alone(parts, model, run):
    (model / "README.md").write_text("the card\n")
    command = ("model", "join", "--bridge", parts / "bridge/model", "--rerank", parts / "reranker/model", "-o", model)
    done = run(*command)
    assert done.returncode == 2 and "--force" in done.stderr
    assert run(*command, "--force").returncode == 0
    assert (model / "README.md").read_text() == "the card\n"


@pytest.mark.parametrize("config, more, code, words", [
    ("fragments", ["data.fold=0"], 2, "data.folds"),
    ("fragments", ["negatives.bank='nowhere'"], 4, "nowhere"),
    ("fragments", ["data.held_out=['{work}/train.mgf']"], 2, "no spectrum is left"),
    ("bridge", ["data.folds=2", "data.fold=0"], 2, "which this training leaves out"),
    ("bridge", ["loss.candidates=0"], 2, "simulated.fragments needs loss.candidates"),
    ("bridge", ["simulated.fragments='nowhere'"], 4, "nowhere"),
    ("bridge", ["analogs.weight=-1"], 2, "analogs.weight"),
    ("reranker", ["fold.bridge='{work}/bridge/model'"], 2, "no spectrum is left"),
    ("reranker", ["fold.fragments=[]"], 2, "fold.fragments"),
    ("reranker", ["final.fragments=['nowhere']"], 4, "nowhere"),
    ("reranker", ["final.bridge='{work}/fragments/model'"], 4, "fragments/model"),
])
def test_a_wrong_setting_is_named_with_its_remedy(parts, run, tmp_path, config, more, code, words):
    sets = [x for setting in more for x in ("--set", setting.format(work=parts))]
    done = run("train", "--config", parts / f"{config}.toml", "-o", tmp_path / "run", "--threads", "1", *sets)
    assert done.returncode == code, done.stderr
    assert words in done.stderr


@pytest.mark.parametrize("config, key", [("fragments", "bank"), ("reranker", "bridge")])
def test_a_missing_key_is_named(work, run, tmp_path, config, key):
    lines = [line for line in (work / f"{config}.toml").read_text().splitlines() if not line.startswith(key + " ")]
    (tmp_path / "c.toml").write_text("\n".join(lines))
    done = run("train", "--config", tmp_path / "c.toml", "-o", tmp_path / "run")
    assert done.returncode == 2, done.stderr
    assert f".{key}" in done.stderr
