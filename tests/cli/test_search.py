"""search with the real binary: a text bridge learned here, a bank of the same molecules, both directions, batches, bad input."""

import csv
import io
import json

import pytest

from conftest import ROOT

ENCODER = "morgan:radius=2,bits=512"
WORDS = [("N", "amine"), ("=O", "carbonyl"), ("c1", "aromatic"), ("S", "sulfur"), ("Cl", "chloro"), ("F", "fluoro"), ("#", "triple"), ("(=O)O", "acid")]
CONFIG = """
kind = "thin-bridge"
name = "tiny text bridge"
seed = 5
[data]
train = ["{folder}/pairs.tsv"]
text_columns = ["query_text"]
[molecule]
encoder = "morgan:radius=2,bits=512"
[text]
encoder = "tfidf"
[bridge]
method = "ridge"
width = 16
[validation]
share = 0.0
"""


def example_smiles():
    lines = (ROOT / "examples/molecules.tsv").read_text().splitlines()
    column = lines[0].split("\t").index("smiles")
    return [s for s in (line.split("\t")[column] for line in lines[1:]) if "." not in s][100:160]


def text_of(smiles, number):
    return " ".join([name for sign, name in WORDS if sign in smiles] + [f"site{number % 7}"])


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("search")
    rows = [(smiles, text_of(smiles, i)) for i, smiles in enumerate(example_smiles())]
    (folder / "pairs.tsv").write_text("smiles\tquery_text\n" + "".join("\t".join(row) + "\n" for row in rows[:40]))
    (folder / "molecules.tsv").write_text("smiles\tname\n" + "".join(f"{s}\tm{i}\n" for i, (s, _) in enumerate(rows)))
    (folder / "config.toml").write_text(CONFIG.format(folder=folder))
    done = run("train", "--config", folder / "config.toml", "-o", folder / "run")
    assert done.returncode == 0, done.stderr
    done = run("bank", "build", folder / "molecules.tsv", "--encoder", ENCODER, "-o", folder / "bank")
    assert done.returncode in (0, 1), done.stderr
    return folder


@pytest.fixture
def search(run, work):
    def call(*args, **more):
        model = [] if "--model" in args else ["--model", work / "run/model"]
        bank = [] if "--bank" in args or "--texts" in args else ["--bank", work / "bank"]
        return run("search", *args, *model, *bank, "--cache", work / "cache", **more)

    return call


def rows_of(done):
    assert done.returncode in (0, 1), done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_a_text_ranks_the_whole_bank(search, work):
    rows = rows_of(search("--text", "aromatic chloro amine", "--top-k", "1000"))
    bank = len({row["inchikey14"] for row in rows})
    assert len(rows) == bank == int(rows[0]["num_candidates"])
    assert [int(row["rank"]) for row in rows] == sorted(int(row["rank"]) for row in rows)
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True) and -1 <= scores[-1] < scores[0] <= 1
    assert {row["query"] for row in rows} == {"aromatic chloro amine"}
    assert {row["in_training"] for row in rows} == {"yes", "no"}


def test_what_was_learned_is_found(search):
    top = rows_of(search("--text", "aromatic chloro", "--top-k", "5"))
    assert sum("Cl" in row["smiles"] for row in top) >= 3


def test_training_molecules_can_be_left_out(search):
    everything = rows_of(search("--text", "aromatic", "--top-k", "1000"))
    new = rows_of(search("--text", "aromatic", "--top-k", "1000", "--exclude-training"))
    assert {row["in_training"] for row in new} == {"no"}
    assert len(new) == sum(row["in_training"] == "no" for row in everything)


def test_formula_and_mass_restrict(search):
    best = rows_of(search("--text", "aromatic", "--top-k", "3"))[2]
    by_formula = rows_of(search("--text", "aromatic", "--formula", best["formula"]))
    assert {row["formula"] for row in by_formula} == {best["formula"]}
    assert best["score"] in [row["score"] for row in by_formula]
    nothing = rows_of(search("--text", "aromatic", "--mass", "5.5"))
    assert [row["status"] for row in nothing] == ["no_candidates"]


def test_every_line_of_a_file_gets_a_row(search, work):
    (work / "queries.tsv").write_text("q1\taromatic acid\n\nq3\tamine\nq4\twordsthatnobodyknows\n")
    done = search("--input", work / "queries.tsv", "--top-k", "2", "-o", work / "hits.tsv")
    assert done.returncode == 1, "two queries have no vector"
    rows = list(csv.DictReader((work / "hits.tsv").open(), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [(row["query_id"], row["status"]) for row in rows] == [("q1", "ranked"), ("q1", "ranked"), ("2", "skipped"),
                                                                  ("q3", "ranked"), ("q3", "ranked"), ("q4", "skipped")]
    assert rows[2]["reason"] == "empty text"
    record = json.loads((work / "hits.tsv.run.json").read_text())
    assert record["totals"] == {"read": 4, "ranked": 2, "no_candidates": 0, "skipped": 2}
    assert len(record["encoders"]["text_digest"]) == 64 and len(record["bank"]["digest"]) == 64


def test_threads_and_cache_change_nothing(search, work):
    first = search("--text", "aromatic acid", "--threads", "1").stdout
    assert search("--text", "aromatic acid", "--threads", "3").stdout == first
    assert list((work / "cache").rglob("lengths-*")), "lengths of the projected rows are kept"


def test_a_molecule_ranks_texts(search, work):
    pairs = [line.split("\t") for line in (work / "pairs.tsv").read_text().splitlines()[1:]]
    smiles, text = pairs[7]
    rows = rows_of(search("--molecule", smiles, "--texts", work / "pairs.tsv", "--top-k", "1000"))
    assert len(rows) == len({text for _, text in pairs}), "equal texts stand once"
    rank = next(int(row["rank"]) for row in rows if row["text"] == text)
    assert rank <= 3
    done = search("--molecule", "C1CC(", "--texts", work / "pairs.tsv", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["queries"][0]["status"] == "skipped"


def test_json_says_the_same_as_tsv(search):
    rows = rows_of(search("--text", "acid", "--top-k", "3"))
    told = json.loads(search("--text", "acid", "--top-k", "3", "--format", "json").stdout)
    hits = told["queries"][0]["candidates"]
    assert [(str(hit["rank"]), f"{hit['score']:.6f}", hit["smiles"]) for hit in hits] == [(row["rank"], row["score"], row["smiles"]) for row in rows]
    assert told["queries"][0]["query"] == "acid" and isinstance(hits[0]["in_training"], bool)


def test_a_bank_of_another_encoder_is_refused_with_both_digests(run, search, work):
    done = run("bank", "build", work / "molecules.tsv", "--encoder", "morgan:radius=2,bits=1024", "-o", work / "other")
    assert done.returncode in (0, 1), done.stderr
    done = search("--text", "acid", "--bank", work / "other")
    assert done.returncode == 4
    assert "digest" in done.stderr and f"molbridge bank build MOLECULES --encoder {ENCODER}" in done.stderr


@pytest.mark.parametrize("args, said", [
    ((), "nothing to search for"),
    (("--molecule", "CCO"), "--texts FILE"),
    (("--text", "a", "--molecule", "CCO"), "both"),
    (("--text", "a", "--formula", "not a formula"), "formula"),
    (("--text", "a", "--mass", "-3"), "mass"),
])
def test_bad_options_are_usage_errors(search, args, said):
    done = search(*args)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_column_that_is_not_there_is_told_with_those_that_are(search, work):
    done = search("--molecule", "CCO", "--texts", work / "pairs.tsv", "--text-column", "caption")
    assert done.returncode == 3
    assert "query_text" in done.stderr


def test_a_spectrum_model_is_no_text_model(search):
    done = search("--text", "acid", "--model", ROOT / "models/fingerprint-ffn")
    assert done.returncode == 4


def test_without_model_the_shipped_one_is_taken(run, work):
    done = run("search", "--text", "acid", "--bank", work / "bank", "--cache", work / "cache")
    if (ROOT / "models/text").exists():
        assert "models/text" not in done.stderr or done.returncode == 4, done.stderr
    else:
        assert done.returncode == 4 and "the shipped model models/text" in done.stderr and "--model DIR" in done.stderr


def test_the_shipped_model_answers_from_the_example_molecules(run, tmp_path):
    done = run("bank", "build", ROOT / "examples/molecules.tsv", "-o", tmp_path / "bank")
    assert done.returncode in (0, 1), done.stderr
    done = run("search", "--text", "beta blocker", "--text", "zzz", "--bank", tmp_path / "bank", "--top-k", "6", "-o", "-", "--format", "tsv")
    assert done.returncode == 1, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout), delimiter="\t"))
    assert {"Sotalol", "Atenolol"} <= {row["name"] for row in rows if row["status"] == "ranked"}
    assert [row["reason"] for row in rows if row["query"] == "zzz"] == ["no word of the text is in the vocabulary"]
