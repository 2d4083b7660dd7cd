"""Models that need no training: nearest library spectrum, and chance. With the real binary, on spectra made up here."""

import json
import random
import tomllib

import pytest

from conftest import ROOT

SIMILARITIES = ("cosine", "modified-cosine", "neutral-loss", "entropy")


def molecules():
    lines = (ROOT / "examples/molecules.tsv").read_text().splitlines()
    smiles = lines[0].split("\t").index("smiles")
    return [s for s in (line.split("\t")[smiles] for line in lines[1:]) if "." not in s]


def spectrum(smiles, replicate, title, mode="positive"):
    """Peaks that follow from the molecule, a little noise from the replicate."""
    chance, noise = random.Random(smiles), random.Random(f"{smiles} {replicate}")
    mzs = sorted(chance.uniform(50, 400) for _ in range(8))
    peaks = "\n".join(f"{mz + noise.uniform(-0.002, 0.002):.4f} {chance.uniform(20, 100) * noise.uniform(0.8, 1.2):.2f}" for mz in mzs)
    return (f"BEGIN IONS\nTITLE={title}\nPEPMASS={mzs[-1] + 20:.4f}\nIONMODE={mode}\nADDUCT={'[M+H]+' if mode == 'positive' else '[M-H]-'}\n"
            f"SMILES={smiles}\n{peaks}\nEND IONS\n\n")


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("library")
    known, others = molecules()[100:130], molecules()[130:160]
    (folder / "library.mgf").write_text("".join(spectrum(s, r, f"{i}-{r}") for i, s in enumerate(known) for r in range(2)))
    (folder / "replicates.mgf").write_text("".join(spectrum(s, 9, f"q{i}") for i, s in enumerate(known)))
    (folder / "others.mgf").write_text("".join(spectrum(s, 9, f"o{i}") for i, s in enumerate(others)))
    done = run("bank", "build", ROOT / "examples/molecules.tsv", "-o", folder / "bank")
    assert done.returncode == 0, done.stderr
    return folder


def make_library(run, work, folder, *args):
    return run("model", "library", "--spectra", work / "library.mgf", "-o", folder, *args)


def evaluate(run, work, tmp_path, *args):
    done = run("evaluate", "--bank", work / "bank", "-o", tmp_path / "report.json", *args)
    assert done.returncode in (0, 1), done.stderr
    return json.loads((tmp_path / "report.json").read_text())


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_library_replicatesOfKnownCompounds_areFound(similarity, run, work, tmp_path):
    done = make_library(run, work, tmp_path / "model", "--similarity", similarity)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "model")
    assert "60 spectra read: 60 in the library (30 molecules" in done.stderr
    report = evaluate(run, work, tmp_path, "--spectra", work / "replicates.mgf", "--model", tmp_path / "model", "--pool", "ppm", "--ppm", "1e6")
    assert report["recall_at_5"]["by_compound"] > 95  # equal fingerprints tie
    assert report["by_novelty"][">=0.8"]["queries"] == 30
    assert report["undecided_queries"] == 0


def test_library_madeTwice_sameBytes(run, work, tmp_path):
    for name in ("a", "b"):
        make_library(run, work, tmp_path / name, "--threads", "1" if name == "a" else "2")
    for file in ("model.toml", "weights.safetensors", "training_molecules.tsv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_library_queriesOfTheOtherIonMode_areUndecidedUnlessAsked(run, work, tmp_path):
    known = molecules()[100:130]
    (tmp_path / "q.mgf").write_text("".join(spectrum(s, 9, f"q{i}", "negative") for i, s in enumerate(known)))
    for extra, undecided in (((), 30), (("--any-ion-mode",), 0)):
        make_library(run, work, tmp_path / "model", "--force", *extra)
        report = evaluate(run, work, tmp_path, "--spectra", tmp_path / "q.mgf", "--model", tmp_path / "model", "--pool", "ppm", "--ppm", "1e6")
        assert report["undecided_queries"] == undecided
        assert (report["recall_at_5"]["by_compound"] == 0) == (undecided == 30)  # ties count against the truth


def test_library_heldOutCompoundInIt_isRefused(run, work, tmp_path):
    done = make_library(run, work, tmp_path / "model", "--held-out", work / "others.mgf", "--held-out", work / "replicates.mgf")
    assert done.returncode == 2
    assert "30 compounds stand in both" in done.stderr
    assert not (tmp_path / "model").exists()
    assert make_library(run, work, tmp_path / "model", "--held-out", work / "others.mgf").returncode == 0


def test_library_config_isWhatTheManifestSays(run, work, tmp_path):
    (tmp_path / "c.toml").write_text(f'spectra = ["{work}/library.mgf"]\noutput = "{tmp_path}/model"\nsimilarity = "entropy"\n'
                                     'tolerance = "15 ppm"\nneighbours = 3\nprecursor_window = "20 ppm"\nname = "mine"\n')
    done = run("model", "library", "--config", tmp_path / "c.toml")
    assert done.returncode == 0, done.stderr
    manifest = tomllib.loads((tmp_path / "model/model.toml").read_text())
    assert manifest["kind"] == "library-search" and manifest["name"] == "mine"
    assert manifest["search"] | {"similarity": "entropy", "tolerance": "15 ppm", "neighbours": 3, "precursor_window": "20 ppm"} == manifest["search"]


@pytest.mark.parametrize("config", ["library-cosine", "library-entropy", "library-modified-cosine"])
def test_library_shippedConfigs_areUnderstood(config, run):
    done = run("model", "library", "--config", ROOT / f"configs/{config}.toml", "--print-config")
    assert done.returncode == 0, done.stderr
    assert tomllib.loads(done.stdout)["similarity"] == config.removeprefix("library-")


def test_library_identify_findsTheMolecule(run, work, tmp_path):
    make_library(run, work, tmp_path / "model")
    done = run("identify", work / "replicates.mgf", "--model", tmp_path / "model", "--bank", work / "bank", "-o", tmp_path / "hits.tsv")
    assert done.returncode in (0, 1), done.stderr
    assert (tmp_path / "hits.tsv").read_text().count("\n") > 30


@pytest.mark.parametrize("args, message", [(("--tolerance", "0.02"), "--tolerance"), (("--similarity", "cosinus"), "cosine"),
                                           (("--precursor-window", "wide"), "--precursor-window"), (("--neighbours", "0"), "--neighbours")])
def test_library_wrongOption_isNamed(args, message, run, work, tmp_path):
    done = make_library(run, work, tmp_path / "model", *args)
    assert done.returncode == 2
    assert message in done.stderr


def test_library_folderOfSomethingElse_isNotReplaced(run, work, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/notes.txt").write_text("mine")
    assert make_library(run, work, tmp_path / "model", "--force").returncode == 6
    make_library(run, work, tmp_path / "real")
    done = make_library(run, work, tmp_path / "real")
    assert done.returncode == 6 and "--force" in done.stderr


def test_library_noStructures_isRefused(run, tmp_path, mgf):
    mgf.write_text("\n".join(line for line in mgf.read_text().splitlines() if not line.startswith("SMILES")) + "\n")
    done = run("model", "library", "--spectra", mgf, "-o", tmp_path / "model")
    assert done.returncode == 2 and "SMILES" in done.stderr


def test_random_agreesWithItsExpectation(run, work, tmp_path):
    many = "".join(spectrum(s, r, f"{i}-{r}") for i, s in enumerate(molecules()[100:220]) for r in range(10))
    (tmp_path / "q.mgf").write_text(many)
    reports = [evaluate(run, work, tmp_path, "--spectra", tmp_path / "q.mgf", "--model", "random", "--pool", "ppm", "--ppm", "50000", "--seed", seed)
               for seed in ("1", "1", "2")]
    assert reports[0] == reports[1] and reports[0]["mrr"] != reports[2]["mrr"]
    for report in reports:
        assert report["model"]["name"] == "random" and report["by_novelty"] is None
        for figure in ("recall_at_1", "recall_at_5", "recall_at_20", "mrr"):
            low, high = report[figure]["ci95_by_compound"]
            slack = (high - low) / 2  # one interval in twenty misses; half as wide again does not
            assert low - slack <= report["random"][figure]["by_compound"] <= high + slack, figure


def test_random_candidateFile_needsNoBank(run, work, tmp_path):
    (tmp_path / "q.mgf").write_text(spectrum("CCO", 0, "ethanol"))
    (tmp_path / "c.json").write_text(json.dumps({"ethanol": ["CCO", "COC", "CCC"]}))
    done = run("evaluate", "--spectra", tmp_path / "q.mgf", "--model", "random", "--candidates", tmp_path / "c.json", "-o", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["random"]["recall_at_1"]["by_spectrum"] == pytest.approx(100 / 3, abs=0.01)
