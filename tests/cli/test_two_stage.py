"""Models of two stages: their folders with the shipped first stage, and identify and evaluate with models/default (or $MOLBRIDGE_TEST_TWO_STAGE)."""

import csv
import hashlib
import io
import json
import os
import pathlib
import shutil

import pytest

from conftest import ROOT

FIRST = ROOT / "models" / "fingerprint-ffn"
WHOLE = pathlib.Path(os.environ.get("MOLBRIDGE_TEST_TWO_STAGE", ROOT / "models" / "default"))
needs_first = pytest.mark.skipif(not (FIRST / "model.toml").exists(), reason="the shipped model is not here")
needs_whole = pytest.mark.skipif(not (WHOLE / "model.toml").exists(), reason=f"no model of two stages stands in {WHOLE}")

MOLECULES = """name\tsmiles
caffeine\tCN1C=NC2=C1C(=O)N(C)C(=O)N2C
enprofylline\tCCCN1C2=C(C(=O)NC1=O)NC=N2
theophylline\tCN1C2=C(C(=O)N(C1=O)C)NC=N2
theobromine\tCN1C=NC2=C1C(=O)NC(=O)N2C
phenacetin\tCCOC1=CC=C(C=C1)NC(C)=O
benzocaine\tCCOC(=O)C1=CC=C(N)C=C1
phenylalanine\tNC(CC1=CC=CC=C1)C(O)=O
ethylaminobenzoate\tCCNC1=CC=CC=C1C(O)=O
"""


def ions(title, mz, smiles, peaks):
    return f"BEGIN IONS\nTITLE={title}\nPEPMASS={mz}\nADDUCT=[M+H]+\nIONMODE=positive\nSMILES={smiles}\n{peaks}END IONS\n\n"


SPECTRA = (ions("caffeine", 195.0877, "CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "83.0604 5\n110.0713 20\n138.0662 100\n195.0877 60\n")
           + ions("theophylline", 181.0720, "CN1C2=C(C(=O)N(C1=O)C)NC=N2", "96.0556 30\n124.0505 100\n181.0720 40\n")
           + ions("phenylalanine", 166.0863, "NC(CC1=CC=CC=C1)C(O)=O", "79.0542 10\n103.0542 40\n120.0808 100\n166.0863 15\n"))


def digest(folder):
    return hashlib.sha256((folder / "model.toml").read_bytes()).hexdigest()


def table(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("two-stage")
    (folder / "molecules.tsv").write_text(MOLECULES)
    (folder / "in.mgf").write_text(SPECTRA)
    done = run("bank", "build", folder / "molecules.tsv", "-o", folder / "bank", "--quiet")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture()
def folder_of_two(tmp_path):
    """Both parts are the shipped first stage: enough for all that does not run the second."""
    whole = tmp_path / "whole"
    for part in ("bridge", "rerank"):
        shutil.copytree(FIRST, whole / part)
    with (whole / "rerank" / "model.toml").open("a") as manifest:
        manifest.write(f'\n[rerank]\nbridge_digest = "{digest(FIRST)}"\n')
    (whole / "model.toml").write_text(f'format = 1\nkind = "two-stage"\nname = "both"\nlicence = "CC BY-SA 4.0"\n'
                                      f'[parts]\nbridge_digest = "{digest(FIRST)}"\nrerank_digest = "{digest(whole / "rerank")}"\n')
    return whole


@needs_first
def test_folder_commandsOfTheFirstStage_takeItAsTheModel(work, run, folder_of_two, tmp_path):
    alone = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", FIRST)
    whole = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", folder_of_two, "--stages", "1")
    assert alone.returncode == 0 and whole.returncode == 0, whole.stderr
    assert whole.stdout == alone.stdout
    rows = table(whole.stdout)
    assert all(row["score"] == row["bridge_score"] and row["probability"] == row["q_value"] == "" for row in rows)
    done = run("evaluate", "--spectra", work / "in.mgf", "--bank", work / "bank", "--pool", "ppm", "--model", folder_of_two, "--stages", "1",
               "-o", tmp_path / "r.json", "--resamples", "10")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["model"]["stages"] == 1


@needs_first
def test_folder_infoShowsBothParts_andSaysWhatIsWrong(run, folder_of_two):
    done = run("model", "info", folder_of_two, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["kind"] == "two-stage" and found["whole"]
    assert [part["kind"] for part in found["parts"]] == ["fingerprint-ffn"] * 2
    assert found["parameters"] == 2 * found["parts"][0]["parameters"]
    manifest = folder_of_two / "bridge" / "model.toml"
    manifest.write_text(manifest.read_text() + "\n# another one\n")
    done = run("model", "info", folder_of_two)
    assert done.returncode == 4 and "is not the part" in done.stdout
    shutil.rmtree(folder_of_two / "rerank")
    assert run("model", "info", folder_of_two).returncode == 4


@needs_first
def test_folder_whoseSecondPartIsNone_isRefusedNotIgnored(work, run, folder_of_two):
    done = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", folder_of_two)
    assert done.returncode == 4 and "rerank" in done.stderr and done.stdout == ""


@needs_first
def test_stages_askedForOfAModelOfOne_isAUsageError(work, run):
    for more in (["--stages", "2"], ["--explain", "peaks.tsv"], ["--shortlist", "5"], ["--stages", "3"]):
        done = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", FIRST, *more)
        assert done.returncode == 2, done.stderr


@needs_first
def test_prior_ofAUser_isAColumnAndInTheRunRecord(work, run, tmp_path):
    plain = table(run("identify", work / "in.mgf", "--bank", work / "bank", "--model", FIRST).stdout)
    pool = [row for row in plain if row["query_id"] == "phenylalanine"]
    assert len(pool) >= 3 and "prior" not in pool[0]
    last = pool[-1]["inchikey14"]
    (tmp_path / "papers.csv").write_text(f"inchikey14,papers\n{last},1000\n")
    done = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", FIRST, "--prior-file", tmp_path / "papers.csv", "--prior", "papers",
               "-o", tmp_path / "hits.tsv")
    assert done.returncode == 0 and "prior" in done.stderr
    pool = [row for row in table((tmp_path / "hits.tsv").read_text()) if row["query_id"] == "phenylalanine"]
    assert pool[0]["inchikey14"] == last and pool[0]["prior"] == "1000" and pool[1]["prior"] == ""
    record = json.loads((tmp_path / "hits.tsv.run.json").read_text())
    assert record["prior"]["column"] == "papers" and record["prior"]["rows_of_bank"] == 1
    (tmp_path / "papers.csv").write_text(f"inchikey14,papers\n{last},few\n")
    done = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", FIRST, "--prior-file", tmp_path / "papers.csv", "--prior", "papers")
    assert done.returncode == 3 and "papers.csv:2" in done.stderr


@needs_first
@pytest.mark.parametrize("control", ["shuffled-spectra", "no-peaks"])
def test_control_keepsQueriesAndPools(work, run, tmp_path, control):
    def evaluate(name, *more):
        done = run("evaluate", "--spectra", work / "in.mgf", "--bank", work / "bank", "--pool", "ppm", "--model", FIRST, "--resamples", "10",
                   "-o", tmp_path / f"{name}.json", "--per-query", tmp_path / f"{name}.tsv", *more)
        assert done.returncode in (0, 1), done.stderr
        return json.loads((tmp_path / f"{name}.json").read_text()), table((tmp_path / f"{name}.tsv").read_text())

    plain, rows = evaluate("plain")
    first, controlled = evaluate("one", "--control", control, "--seed", "5")
    again, _ = evaluate("two", "--control", control, "--seed", "5")
    assert first == again and first["options"]["control"] == control and plain["options"]["control"] == "none"
    assert first["queries"] == plain["queries"]
    # Of three precursors the lowest may find nothing to borrow below itself; what is answered has the pool that it had.
    answered = {row["query_id"]: row["pool_size"] for row in controlled if row["rank"]}
    assert len(answered) >= 2 and answered.items() <= {row["query_id"]: row["pool_size"] for row in rows}.items()
    assert [row["truth_score"] for row in controlled] != [row["truth_score"] for row in rows]


@needs_whole
def test_identify_givesProbabilitiesQValuesAndExplanations(work, run, tmp_path):
    done = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", WHOLE, "--explain", tmp_path / "peaks.tsv", "-o", tmp_path / "hits.tsv")
    assert done.returncode == 0, done.stderr
    rows = table((tmp_path / "hits.tsv").read_text())
    for query in ("caffeine", "theophylline", "phenylalanine"):
        hits = [row for row in rows if row["query_id"] == query]
        assert sum(float(row["probability"]) for row in hits) == pytest.approx(1, abs=1e-4)
        assert [float(row["score"]) for row in hits] == sorted((float(row["score"]) for row in hits), reverse=True)
        assert all(float(row["probability_close"]) >= float(row["probability"]) - 1e-6 for row in hits)
        assert all(0 <= float(row["intensity_explained"]) <= 1 for row in hits if row["intensity_explained"])
        assert hits[0]["q_value"] and not any(row["q_value"] for row in hits[1:])
    best = [row for row in rows if row["q_value"]]
    best.sort(key=lambda row: -float(row["probability"]))
    assert [float(row["q_value"]) for row in best] == sorted(float(row["q_value"]) for row in best)
    assert float(best[0]["q_value"]) == pytest.approx(1 - float(best[0]["probability"]), abs=1e-5)
    peaks = table((tmp_path / "peaks.tsv").read_text())
    assert {row["query_id"] for row in peaks} <= {"caffeine", "theophylline", "phenylalanine"} and peaks
    assert all(row["rank"] == "1" and row["formula"].endswith("+") and abs(float(row["ppm_error"])) < 100 for row in peaks)
    record = json.loads((tmp_path / "hits.tsv.run.json").read_text())
    assert record["model"]["digest"] == digest(WHOLE) and record["options"]["stages"] == "2"
    assert record["first_stage"]["digest"] == digest(WHOLE / "bridge") and record["second_stage"]["digest"] == digest(WHOLE / "rerank")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hits.tsv", "hits.tsv.run.json", "peaks.tsv"]


@needs_whole
def test_identify_doesNotDependOnThreadsAndShortlistCuts(work, run, tmp_path):
    one = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", WHOLE, "--threads", "1")
    two = run("identify", work / "in.mgf", "--bank", work / "bank", "--model", WHOLE, "--threads", "2")
    assert one.returncode == 0 and one.stdout == two.stdout
    cut = table(run("identify", work / "in.mgf", "--bank", work / "bank", "--model", WHOLE, "--shortlist", "1").stdout)
    for query in ("caffeine", "theophylline"):
        assert [row["probability"] != "" for row in cut if row["query_id"] == query].count(True) == 1
    document = json.loads(run("identify", work / "in.mgf", "--bank", work / "bank", "--model", WHOLE, "--format", "json", "--explain-top", "1").stdout)
    assert document["queries"][0]["candidates"][0]["peaks"] and "peaks" not in document["queries"][0]["candidates"][1]


@needs_whole
def test_evaluate_ranksByTheFinalScore(work, run, tmp_path):
    done = run("evaluate", "--spectra", work / "in.mgf", "--bank", work / "bank", "--pool", "ppm", "--model", WHOLE, "--resamples", "50",
               "-o", tmp_path / "r.json", "--per-query", tmp_path / "q.tsv")
    assert done.returncode == 0, done.stderr
    report, rows = json.loads((tmp_path / "r.json").read_text()), table((tmp_path / "q.tsv").read_text())
    assert report["model"]["stages"] == 2 and report["model"]["digest"] == digest(WHOLE)
    hits = {row["query_id"]: row for row in table(run("identify", work / "in.mgf", "--bank", work / "bank", "--model", WHOLE, "--top-k", "1").stdout)}
    for row in rows:
        hit = hits[row["query_id"]]
        assert row["top_inchikey14"] == hit["inchikey14"]
        assert float(row["probability"]) == pytest.approx(float(hit["probability"]), abs=1e-5)
        assert (row["top_correct"] == "1") == (row["rank"] == "1") and row["top_close"] >= row["top_correct"]
