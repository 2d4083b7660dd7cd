"""molbridge mces: one pair, tables of pairs, and rows that are no pair."""

import csv
import io

from conftest import ROOT


def table(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_two_smiles(run):
    done = run("mces", "CCO", "COC")
    assert done.returncode == 0
    (row,) = table(done.stdout)
    assert row["mces"] == "2" and row["kind"] == "exact" and row["error"] == ""


def test_spelling_does_not_matter(run):
    (row,) = table(run("mces", "C1=CC=CC=C1O", "Oc1ccccc1").stdout)
    assert row["mces"] == "0"


def test_threshold_gives_bounds(run):
    (far,) = table(run("mces", "C", "CCCCCCCCCCCC", "--threshold", "4").stdout)
    assert far["kind"] == "lower_bound" and float(far["mces"]) == 11
    (at,) = table(run("mces", "CCO", "COC", "--threshold", "2").stdout)
    assert at["kind"] == "threshold" and at["mces"] == "2"
    (free,) = table(run("mces", "C", "CCCCCCCCCCCC", "--exact").stdout)
    assert free["kind"] == "exact" and free["mces"] == "11"


def test_table_keeps_columns_and_rows(run, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("SMILES\tcandidate\tnote\nCCO\tCCO\tsame\nC(\tCC\tbroken\nCC\n\nCC\tCCC\tone more\n")
    done = run("mces", pairs)
    assert done.returncode == 1
    rows = table(done.stdout)
    assert [row["note"] for row in rows] == ["same", "broken", "", "one more"]
    assert [row["mces"] for row in rows] == ["0", "", "", "1"]
    assert "first molecule" in rows[1]["error"] and "second column" in rows[2]["error"]
    assert "4 pairs: 2 measured, 2 failed" in done.stderr


def test_standard_input_without_header_and_threads(run):
    golden = ROOT / "tests/golden/mces/pairs.tsv"
    rows = [line.split("\t") for line in golden.read_text().splitlines() if line.startswith("same_formula\t15")][:60]
    text = "".join(f"{row[2]}\t{row[3]}\n" for row in rows)
    one = run("mces", "-", "--threads", "1", stdin=text)
    four = run("mces", "-", "--threads", "4", stdin=text)
    assert one.returncode == 0 and one.stdout == four.stdout
    assert [float(row["mces"]) for row in table(one.stdout)] == [float(row[4]) for row in rows]


def test_refusals(run, tmp_path):
    assert run("mces", "C", "CC", "--threshold", "0").returncode == 2
    assert run("mces", "C", "CC", "CCC").returncode == 2
    assert run("mces", tmp_path / "missing.tsv").returncode == 3
