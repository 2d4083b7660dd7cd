"""A released SpecBridge checkpoint from import to identification and evaluation, in both conventions, on the small goldens."""

import json
import struct

import pytest

from conftest import ROOT

GOLDENS = ROOT / "tests/golden/specbridge"
EXPECTED = json.loads((GOLDENS / "expected.json").read_text())
# Three isomers, and two spellings of one of them.
CAFFEINE_KEKULE, CAFFEINE = "CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "Cn1cnc2c1c(=O)n(C)c(=O)n2C"
DECOYS = ["CCN1C=NC2=C1C(=O)NC(=O)N2C", "Cn1cnc2c1c(=O)[nH]c(=O)n2CC", "CCOC(=O)c1nc(N)c(C#N)n1C"]


def mgf(indices, smiles=CAFFEINE_KEKULE, precursor=195.0877):
    blocks = []
    for number, index in enumerate(indices):
        spectrum = EXPECTED["spectra"][index]
        peaks = "\n".join(f"{m} {i}" for m, i in zip(spectrum["mz"], spectrum["intensity"]))
        header = f"TITLE=s{number}\n" + (f"PEPMASS={precursor}\nADDUCT=[M+H]+\n" if precursor else "")
        blocks.append(f"BEGIN IONS\n{header}" + (f"SMILES={smiles}\n" if smiles else "") + f"{peaks}\nEND IONS\n")
    return "\n".join(blocks)


def read_npy(path):
    data = path.read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    rows, width = eval(data[10:start].decode(), {})["shape"]
    values = struct.unpack(f"<{rows * width}f", data[start:])
    return [values[row * width:(row + 1) * width] for row in range(rows)]


def expect_rows(found, expected):
    scale = max(abs(x) for row in expected for x in row)
    assert len(found) == len(expected)
    for row, (a, b) in enumerate(zip(found, expected)):
        assert max(abs(x - y) for x, y in zip(a, b)) <= 2e-5 * scale, row


@pytest.fixture(scope="module", params=["gaussian", "plain", "deep"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def model(run, kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp(kind) / "model"
    done = run("model", "import", GOLDENS / f"{kind}.pt", "--molecule-encoder", GOLDENS / "encoder", "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "opt: " in done.stderr and "chem_proj.*" in done.stderr and "two names, equal" in done.stderr
    return folder


@pytest.fixture(scope="module")
def bank(run, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank")
    (folder / "molecules.smi").write_text("\n".join([CAFFEINE, *DECOYS]) + "\n")
    done = run("bank", "build", folder / "molecules.smi", "--encoder", model / "molecule-encoder", "-o", folder / "bank", "--dtype", "float32")
    assert done.returncode == 0, done.stderr
    return folder / "bank"


def test_embed_gives_the_vectors_of_the_plain_forward_in_both_conventions(run, model, kind, tmp_path):
    expected = EXPECTED["models"][kind]
    order = expected["order"]
    (tmp_path / "a.mgf").write_text(mgf(order, smiles=None, precursor=None))
    for convention, rows in (("honest", [expected["honest"][i] for i in order]), ("released", expected["released"])):
        done = run("embed", "spectra", tmp_path / "a.mgf", "--model", model, "--convention", convention, "-o", tmp_path / f"{convention}.npy")
        assert done.returncode == 0, done.stderr
        expect_rows(read_npy(tmp_path / f"{convention}.npy"), rows)


def test_molecules_of_the_encoder_in_the_model_are_those_of_the_plain_forward(run, model, kind, tmp_path):
    (tmp_path / "smiles.txt").write_text("\n".join(EXPECTED["smiles"]) + "\n")
    done = run("embed", "text", tmp_path / "smiles.txt", "--model", model / "molecule-encoder", "-o", tmp_path / "z.npy")
    assert done.returncode == 0, done.stderr
    expect_rows(read_npy(tmp_path / "z.npy"), EXPECTED["models"][kind]["molecules"])


def test_identify_ranks_a_bank_by_cosine_and_by_dot_product(run, model, bank, kind, tmp_path):
    (tmp_path / "a.mgf").write_text(mgf([0, 2]))
    scores = {}
    for convention in ("honest", "released"):
        done = run("identify", tmp_path / "a.mgf", "--model", model, "--bank", bank, "--convention", convention, "-o", tmp_path / "hits.json")
        assert done.returncode == 0, done.stderr
        assert ("for audits" in done.stderr) == (convention == "released")
        queries = json.loads((tmp_path / "hits.json").read_text())["queries"]
        assert len(queries) == 2
        scores[convention] = [[c["score"] for c in q["candidates"]] for q in queries]
    assert all(-1.000001 <= s <= 1.000001 for q in scores["honest"] for s in q)
    assert scores["honest"] != scores["released"]


def test_model_does_not_rank_a_bank_of_another_encoder(run, model, tmp_path):
    (tmp_path / "m.smi").write_text(CAFFEINE + "\n")
    assert run("bank", "build", tmp_path / "m.smi", "-o", tmp_path / "bank").returncode == 0
    (tmp_path / "a.mgf").write_text(mgf([0]))
    done = run("identify", tmp_path / "a.mgf", "--model", model, "--bank", tmp_path / "bank")
    assert done.returncode == 4
    assert "--encoder" in done.stderr and "molecule-encoder" in done.stderr


def evaluate(run, model, tmp_path, spectra, lists, *more):
    (tmp_path / "a.mgf").write_text(spectra)
    (tmp_path / "lists.json").write_text(json.dumps(lists))
    done = run("evaluate", "--spectra", tmp_path / "a.mgf", "--candidates", tmp_path / "lists.json", "--model", model, "-o", tmp_path / "report.json",
               "--per-query", tmp_path / "rows.tsv", "--resamples", 10, *more)
    assert done.returncode in (0, 1), done.stderr
    lines = (tmp_path / "rows.tsv").read_text().splitlines()
    rows = [dict(zip(lines[0].split("\t"), line.split("\t"))) for line in lines[1:]]
    return json.loads((tmp_path / "report.json").read_text()), rows, done


def test_honest_evaluation_is_blind_to_spelling(run, model, tmp_path):
    outcomes = []
    for truth in (CAFFEINE, CAFFEINE_KEKULE):
        report, rows, _ = evaluate(run, model, tmp_path, mgf(range(7), truth), {truth: [*DECOYS, CAFFEINE, CAFFEINE_KEKULE]})
        assert report["by_novelty"] is None and "warning" not in report["protocol"]
        outcomes.append([(row["rank"], row["pool_size"], row["truth_added"]) for row in rows])
    assert outcomes[0] == outcomes[1]
    assert all(pool == "4" and added == "0" for _, pool, added in outcomes[0])


def dot_ranks(kind, truth, others):
    """By the vectors of the plain forward. Only strings of the golden list have one."""
    expected = EXPECTED["models"][kind]
    z = dict(zip(EXPECTED["smiles"], expected["molecules"]))
    ranks = []
    for mu in expected["released"]:
        score = {s: sum(a * b for a, b in zip(mu, z[s])) for s in (truth, *others)}
        ranks.append(1 + sum(score[s] >= score[truth] for s in others))
    return ranks


def test_released_evaluation_ranks_strings_as_given_by_dot_product(run, model, kind, tmp_path):
    others = [s for s in EXPECTED["smiles"] if s != CAFFEINE_KEKULE]
    spectra = mgf(EXPECTED["models"][kind]["order"])
    report, rows, done = evaluate(run, model, tmp_path, spectra, {CAFFEINE_KEKULE: others + others[:2]}, "--convention", "released")
    assert "not comparable" in done.stderr.lower() and "warning" in report["protocol"]
    assert [int(row["rank"]) for row in rows] == dot_ranks(kind, CAFFEINE_KEKULE, others)
    # The other spelling of the truth is a candidate of its own, and the truth was not listed in its own.
    assert {(row["pool_size"], row["truth_added"]) for row in rows} == {(str(len(others) + 1), "1")}


def test_spectra_without_list_take_no_place_in_a_batch(run, model, kind, tmp_path):
    others = [s for s in EXPECTED["smiles"] if s != CAFFEINE_KEKULE]
    order = EXPECTED["models"][kind]["order"]
    spectra = mgf([2], "CCO") + "\n" + mgf(order)
    _, rows, done = evaluate(run, model, tmp_path, spectra, {CAFFEINE_KEKULE: others}, "--convention", "released")
    assert done.returncode == 1
    assert rows[0]["rank"] == "" and rows[0]["reason"] == "no candidate list for this query"
    assert [int(row["rank"]) for row in rows[1:]] == dot_ranks(kind, CAFFEINE_KEKULE, others)


def test_released_convention_needs_lists_and_a_model_that_has_one(run, model, bank, tmp_path):
    (tmp_path / "a.mgf").write_text(mgf([0]))
    done = run("evaluate", "--spectra", tmp_path / "a.mgf", "--bank", bank, "--pool", "ppm", "--model", model, "--convention", "released")
    assert done.returncode == 2 and "--candidates" in done.stderr
    (tmp_path / "lists.json").write_text("{}")
    done = run("evaluate", "--spectra", tmp_path / "a.mgf", "--candidates", tmp_path / "lists.json", "--model", ROOT / "models/fingerprint-ffn",
               "--convention", "released")
    assert done.returncode == 2 and "no released convention" in done.stderr


def test_evaluation_with_a_bank_encodes_a_missing_truth_on_the_fly(run, model, bank, tmp_path):
    (tmp_path / "a.mgf").write_text(mgf([0, 1], "CCN1C(=O)c2ncn(C)c2N(C)C1=O"))
    done = run("evaluate", "--spectra", tmp_path / "a.mgf", "--bank", bank, "--pool", "ppm", "--model", model, "-o", tmp_path / "r.json", "--resamples", 10)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["truth_added"] == 2


def test_without_tokenizer_the_model_embeds_but_does_not_rank(run, bank, tmp_path):
    done = run("model", "import", GOLDENS / "plain.pt", "-o", tmp_path / "model")
    assert done.returncode == 0 and "no tokenizer" in done.stderr
    (tmp_path / "a.mgf").write_text(mgf([0]))
    assert run("embed", "spectra", tmp_path / "a.mgf", "--model", tmp_path / "model", "-o", tmp_path / "v.npy").returncode == 0
    done = run("identify", tmp_path / "a.mgf", "--model", tmp_path / "model", "--bank", bank)
    assert done.returncode == 4 and "--molecule-encoder" in done.stderr


def test_import_refuses_another_encoder_and_leaves_nothing(run, tmp_path):
    (tmp_path / "enc").mkdir()
    for file in (GOLDENS / "encoder").iterdir():
        (tmp_path / "enc" / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "enc/config.json").read_text())
    config["vocab_size"] += 1
    (tmp_path / "enc/config.json").write_text(json.dumps(config))
    done = run("model", "import", GOLDENS / "plain.pt", "--molecule-encoder", tmp_path / "enc", "-o", tmp_path / "model")
    assert done.returncode == 4 and "vocab_size" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["enc"]
