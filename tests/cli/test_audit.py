"""The leak audit with the real binary: sets without a leak, planted leaks of several kinds, training overlap, models, banks."""

import json
import random

import pytest

from conftest import ROOT

GOLDENS = ROOT / "tests/golden/specbridge"
SAMPLE = ROOT / "../shared/data/massspecgym-sample"
NUM_LISTS = 30


def alkylbenzenes(carbons, kekule=False):
    """Twelve isomers: two chains on a benzene ring, in ortho, meta and para."""
    ortho, meta, para = (("C1=CC=CC=C1{}", "C1=CC=CC({})=C1", "C1=CC=C({})C=C1") if kekule else
                         ("c1ccccc1{}", "c1cccc({})c1", "c1ccc({})cc1"))
    return ["C" * first + ring.format("C" * (carbons - first)) for first in (1, 2, 3, 4) for ring in (ortho, meta, para)]


def no_leak(smiles, kekule_form, is_truth):
    return smiles


class Set:
    """Lists of isomers whose truth is drawn by lot, spelled by `respell`."""

    def __init__(self, respell=no_leak, arrange=None, seed=1):
        lot = random.Random(seed)
        self.truths, self.lists = [], []
        for number in range(NUM_LISTS):
            forms = list(zip(alkylbenzenes(9 + number), alkylbenzenes(9 + number, kekule=True)))
            lot.shuffle(forms)
            chosen = lot.randrange(len(forms))
            spelled = [respell(smiles, kekule, i == chosen) for i, (smiles, kekule) in enumerate(forms)]
            self.truths.append(spelled[chosen])
            self.lists.append(arrange(spelled, chosen) if arrange else spelled)

    def mgf(self, seed=1, with_structure=True):
        lot = random.Random(seed)
        blocks = []
        for number, truth in enumerate(self.truths):
            peaks = "\n".join(f"{mz:.4f} {lot.uniform(1, 100):.2f}" for mz in sorted(lot.uniform(50, 300) for _ in range(6)))
            structure = f"SMILES={truth.strip()}\n" if with_structure else ""
            blocks.append(f"BEGIN IONS\nTITLE=q{number}\nPEPMASS={300 + number}.2\nADDUCT=[M+H]+\n{structure}{peaks}\nEND IONS\n")
        return "\n".join(blocks)

    def json(self):
        return json.dumps({f"q{number}": strings for number, strings in enumerate(self.lists)})


@pytest.fixture
def audit(run, tmp_path):
    """audit(Set(...), options...) -> exit code, checks by id, the whole report, the finished process."""

    def call(the_set, *more):
        (tmp_path / "q.mgf").write_text(the_set.mgf())
        (tmp_path / "lists.json").write_text(the_set.json())
        done = run("audit", "--spectra", tmp_path / "q.mgf", "--candidates", tmp_path / "lists.json", "-o", tmp_path / "report.json",
                   "--resamples", 200, *more)
        assert done.returncode in (0, 1), done.stderr
        report = json.loads((tmp_path / "report.json").read_text())
        return done.returncode, {check["id"]: check for check in report["checks"]}, report, done

    return call


def leaks(checks):
    return {name for name, check in checks.items() if check["verdict"] == "LEAK"}


def test_set_without_a_leak_ends_with_zero(audit):
    code, checks, report, done = audit(Set())
    assert code == 0 and not leaks(checks) and report["leaks"] is False
    assert report["compounds"] == NUM_LISTS and "no leak found" in done.stdout
    assert checks["spelling.aromatic_form"]["verdict"] == "ok"
    assert checks["order.first"]["chance"] == pytest.approx(100 / 12, abs=0.01)
    assert checks["model.hit_at_1"]["verdict"] == "not run" and checks["train.compounds"]["advice"] == "no --train"
    for check in checks.values():
        assert check["advice"]
        assert check["verdict"] == "not run" or check["threshold"]


def kekule_truth(smiles, kekule, is_truth):
    return kekule if is_truth else smiles


def kekule_decoys(smiles, kekule, is_truth):
    return smiles if is_truth else kekule


def blank_behind(smiles, kekule, is_truth):
    return smiles + " " if is_truth else smiles


def salt(smiles, kekule, is_truth):
    return smiles if is_truth else smiles + ".Cl"


def hydrogens_written(smiles, kekule, is_truth):
    return "[CH3]" + smiles[1:] if is_truth else smiles


def high_ring_number(smiles, kekule, is_truth):
    return smiles.replace("1", "%11") if is_truth else smiles


def bonds_written(smiles, kekule, is_truth):
    return smiles.replace("c1", "c:1") if is_truth else smiles


def broken_decoys(smiles, kekule, is_truth):
    return smiles if is_truth else smiles + "("


def isotope(smiles, kekule, is_truth):
    return smiles if is_truth else "[13CH3]" + smiles[1:]


@pytest.mark.parametrize("respell, found", [
    (kekule_truth, "spelling.aromatic_form"),
    (kekule_decoys, "spelling.aromatic_form"),
    (blank_behind, "spelling.characters"),
    (salt, "spelling.salts"),
    (hydrogens_written, "spelling.hydrogens"),
    (high_ring_number, "spelling.ring_numbers"),
    (bonds_written, "spelling.bond_symbols"),
    (broken_decoys, "spelling.parses"),
    (isotope, "spelling.isotopes"),
])
def test_planted_spelling_is_found(audit, respell, found):
    code, checks, _, done = audit(Set(respell))
    assert code == 1
    assert found in leaks(checks)
    # Isotopes and strings that do not parse have no one spelling in which they would not show: the learned rule has nothing to gain.
    assert "spelling.learned" in leaks(checks) or respell in (broken_decoys, isotope)
    assert f"({found})" in done.stdout and "the set leaks" in done.stdout


@pytest.mark.parametrize("arrange, found", [
    (lambda strings, truth: [strings[truth], *strings[:truth], *strings[truth + 1:]], "order.first"),
    (lambda strings, truth: [*strings[:truth], *strings[truth + 1:], strings[truth]], "order.last"),
])
def test_planted_order_is_found(audit, arrange, found):
    code, checks, *_ = audit(Set(arrange=arrange))
    assert code == 1
    assert leaks(checks) <= {"order.first", "order.last", "order.histogram"} and found in leaks(checks)


def test_truth_first_by_convention_is_said_and_is_no_leak(audit, run, tmp_path):
    the_set = Set(arrange=lambda strings, truth: [strings[truth], *strings[:truth], *strings[truth + 1:]])
    the_set.mgf = lambda: Set.mgf(the_set, with_structure=False)
    code, checks, *_ = audit(the_set, "--first-is-truth")
    assert code == 0
    assert checks["order.declared_first"]["verdict"] == "suspicious" and checks["order.declared_first"]["figure"] == 100


def test_decoys_of_another_mass_leak(audit):
    other = Set(lambda smiles, kekule, is_truth: smiles if is_truth else "C" + smiles)
    code, checks, *_ = audit(other)
    assert code == 1
    assert {"content.mass_alone", "content.formula"} <= leaks(checks)


def test_copies_and_missing_truths_are_counted(audit):
    the_set = Set()
    the_set.lists[0].append(the_set.truths[0].replace("c1", "c2").replace("1", "2"))
    for number in (1, 2):
        the_set.lists[number].remove(the_set.truths[number])
    _, checks, *_ = audit(the_set, "--per-query", "-")
    assert checks["content.truth_copies"]["more"]["lists"] == 1
    assert checks["content.truth_missing"]["more"]["lists"] == 2
    assert checks["content.truth_missing"]["verdict"] == "suspicious"


def test_training_overlap_is_a_leak(audit, tmp_path):
    (tmp_path / "train.mgf").write_text(Set().mgf())
    code, checks, *_ = audit(Set(), "--train", tmp_path / "train.mgf")
    assert code == 1
    assert leaks(checks) == {"train.compounds", "train.spectra"}
    assert checks["train.compounds"]["figure"] == 100


def test_other_compounds_in_training_are_none(audit, tmp_path):
    (tmp_path / "train.mgf").write_text("BEGIN IONS\nTITLE=t\nPEPMASS=195.1\nSMILES=Cn1cnc2c1c(=O)n(C)c(=O)n2C\n60.1 3\n70.2 4\n80.3 5\nEND IONS\n")
    code, checks, *_ = audit(Set(), "--train", tmp_path / "train.mgf")
    assert code == 0
    assert checks["train.compounds"]["verdict"] == checks["train.spectra"]["verdict"] == "ok"
    assert sum(v for k, v in checks["train.near"]["more"].items() if k.startswith("tanimoto_from")) == NUM_LISTS


def test_conflicting_labels_are_suspicious(audit):
    the_set = Set()
    plain = the_set.mgf()
    peaks = plain.split("END IONS")[0].split("+\n")[1].split("\n", 1)[1]
    block = plain.split("BEGIN IONS")[2]
    own = block.split("+\n")[1].split("\n", 1)[1].split("END IONS")[0]
    the_set.mgf = lambda: plain.replace(own, peaks)
    _, checks, *_ = audit(the_set)
    assert checks["set.conflicts"]["verdict"] == "suspicious" and checks["set.conflicts"]["more"]["count"] == 2


def test_model_over_fingerprints_has_controls_and_no_string_checks(audit):
    code, checks, *_ = audit(Set(), "--model", ROOT / "models/fingerprint-ffn")
    assert code == 0
    for name in ("model.hit_at_1", "model.ties", "model.constant_spectrum", "model.shuffled_spectra", "model.true_embedding"):
        assert checks[name]["verdict"] != "not run" and checks[name]["compounds"] >= NUM_LISTS - 1
    assert checks["model.as_given"]["verdict"] == "not run"


def test_lists_of_one_molecule_do_not_count_for_queries_without_a_spectrum(audit):
    the_set = Set()
    for number in range(10):
        the_set.lists[number] = [the_set.truths[number]]
    code, checks, *_ = audit(the_set, "--model", ROOT / "models/fingerprint-ffn")
    assert code == 0 and checks["content.single"]["verdict"] == "suspicious"
    for name in ("model.constant_spectrum", "model.shuffled_spectra"):
        check = checks[name]
        assert 18 <= check["compounds"] <= NUM_LISTS - 10 and check["chance"] == pytest.approx(100 / 12, abs=0.5)
        assert check["figure"] < 35  # lists of one molecule alone would add 33


def test_model_over_strings_that_follows_the_spelling_is_caught(audit, run, tmp_path):
    """A random network maps every spectrum near one point, and one of the two dialects lies nearer to it than the other."""
    model = tmp_path / "model"
    assert run("model", "import", GOLDENS / "plain.pt", "--molecule-encoder", GOLDENS / "encoder", "-o", model).returncode == 0
    caught = []
    for respell in (kekule_truth, kekule_decoys):
        _, checks, *_ = audit(Set(respell), "--model", model)
        assert checks["model.as_given"]["one_spelling"] == checks["model.hit_at_1"]["figure"]
        assert checks["model.true_embedding_as_given"]["figure"] > 50
        assert not [name for name in ("model.constant_spectrum", "model.shuffled_spectra") if name in leaks(checks)]
        caught.append({"model.as_given", "model.constant_spectrum_as_given"} & leaks(checks))
    assert {"model.as_given", "model.constant_spectrum_as_given"} in caught
    _, checks, *_ = audit(Set(), "--model", model)
    assert not {name for name in leaks(checks) if name.startswith("model.")}


def test_lists_from_a_bank_are_in_one_spelling(audit, run, tmp_path):
    the_set = Set(kekule_truth)  # the spectra file's spelling does not reach the pools
    (tmp_path / "m.smi").write_text("\n".join(s for number in range(NUM_LISTS) for s in alkylbenzenes(9 + number)) + "\n")
    assert run("bank", "build", tmp_path / "m.smi", "-o", tmp_path / "bank").returncode == 0
    (tmp_path / "q.mgf").write_text(the_set.mgf())
    for pool in ("formula", "ppm"):
        done = run("audit", "--spectra", tmp_path / "q.mgf", "--bank", tmp_path / "bank", "--pool", pool, "-o", tmp_path / "r.json")
        assert done.returncode == 0, done.stdout + done.stderr
        checks = json.loads((tmp_path / "r.json").read_text())["checks"]
        assert all(c["verdict"] == "ok" for c in checks if c["id"].startswith("spelling."))


def test_bytes_do_not_depend_on_threads(audit, tmp_path):
    audit(Set(kekule_truth), "--threads", 1)
    one = (tmp_path / "report.json").read_bytes()
    audit(Set(kekule_truth), "--threads", 3)
    assert (tmp_path / "report.json").read_bytes() == one


def test_contradictory_options_are_usage_errors(run, mgf, tmp_path):
    assert run("audit", "--spectra", mgf).returncode == 2
    (tmp_path / "l.json").write_text("{}")
    done = run("audit", "--spectra", mgf, "--candidates", tmp_path / "l.json", "--bank", tmp_path, "--pool", "ppm")
    assert done.returncode == 2 and "exclude" in done.stderr
    done = run("audit", "--spectra", mgf, "--candidates", tmp_path / "l.json")
    assert done.returncode == 3 and "--first-is-truth" in done.stderr


def test_few_lists_promise_nothing(run, mgf, tmp_path):
    (tmp_path / "l.json").write_text(json.dumps({"caffeine": ["CCO", "Cn1cnc2c1c(=O)n(C)c(=O)n2C"]}))
    done = run("audit", "--spectra", mgf, "--candidates", tmp_path / "l.json", "-o", tmp_path / "r.json")
    checks = {c["id"]: c for c in json.loads((tmp_path / "r.json").read_text())["checks"]}
    assert checks["spelling.aromatic_form"]["verdict"] == "not run", done.stdout
    assert "so few lists" in checks["spelling.aromatic_form"]["advice"]


@pytest.mark.skipif(not SAMPLE.exists(), reason="the MassSpecGym sample is not here")
def test_massspecgym_sample_leaks_through_its_spelling(run, tmp_path):
    lines = (SAMPLE / "data.tsv").read_text().splitlines()[:41]
    (tmp_path / "data.tsv").write_text("\n".join(lines) + "\n")
    lists = json.loads((SAMPLE / "identifier_to_candidates.json").read_text())
    wanted = {line.split("\t")[0] for line in lines[1:]}
    (tmp_path / "l.json").write_text(json.dumps({key: value[:60] for key, value in lists.items() if key in wanted}))
    done = run("audit", "--spectra", tmp_path / "data.tsv", "--candidates", tmp_path / "l.json", "--first-is-truth", "-o", tmp_path / "r.json")
    assert done.returncode == 1
    checks = {c["id"]: c for c in json.loads((tmp_path / "r.json").read_text())["checks"]}
    assert {"spelling.aromatic_form", "spelling.canonical", "spelling.learned"} <= leaks(checks)
    assert checks["spelling.aromatic_form"]["figure"] > 90
    assert not [name for name in leaks(checks) if not name.startswith("spelling.")]
