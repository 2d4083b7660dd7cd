"""molbridge split: disjoint folds by every definition, the same bytes again, and the judgement of given folds."""

import csv
import io
import random

import pytest

KINDS = ["formula", "inchikey", "scaffold", "mces", "murcko-histogram"]
CORES = ["c1ccccc1", "C1CCCCC1", "c1ccncc1", "c1ccc2ccccc2c1", "C1CCNCC1", "c1ccsc1", "C1CCOC1", "c1ccc2[nH]ccc2c1", "C1CCC2CCCCC2C1", "c1ccc(-c2ccccc2)cc1"]


def smiles():
    molecules = [tail + core for core in CORES for tail in ("O", "N", "CC", "CCCCCCCC", "NS(=O)(=O)", "OC(=O)")]
    return molecules + ["C" * k + "O" for k in range(1, 30)] + ["C" * k + "N" for k in range(1, 30)]


def mgf_of(molecules, extra=""):
    records = []
    for k, text in enumerate(molecules):
        records.append(f"BEGIN IONS\nTITLE=s{k}\nPEPMASS={100 + k}\nSMILES={text}\n{extra}50.0 1\n60.0 2\nEND IONS\n")
    return "\n".join(records)


@pytest.fixture
def spectra(tmp_path):
    molecules = smiles() + smiles()[:40]  # some with two spectra
    random.Random(1).shuffle(molecules)
    path = tmp_path / "spectra.mgf"
    path.write_text(mgf_of(molecules))
    return path


def table(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


@pytest.mark.parametrize("kind", KINDS)
def test_folds_are_disjoint_and_repeat(run, spectra, tmp_path, kind):
    arguments = ["split", spectra, "--by", kind, "--mces-cut", "4", "--shares", "0.7,0.15,0.15"]
    done = run(*arguments, "--write", tmp_path / "part", "--threads", "1")
    assert done.returncode == 0, done.stderr
    rows = table(done.stdout)
    assert len(rows) == spectra.read_text().count("BEGIN IONS")
    assert {row["fold"] for row in rows} == {"train", "val", "test"}
    for group in {row["group"] for row in rows}:
        assert len({row["fold"] for row in rows if row["group"] == group}) == 1
    assert len({row["inchikey14"] for row in rows}) == len({(row["inchikey14"], row["fold"]) for row in rows})
    assert run(*arguments, "--threads", "3").stdout == done.stdout
    # The files hold the same records, and the check of the files agrees.
    parts = [tmp_path / f"part.{fold}.mgf" for fold in ("train", "val", "test")]
    assert [part.read_text().count("BEGIN IONS") for part in parts] == [sum(row["fold"] == fold for row in rows) for fold in ("train", "val", "test")]
    check = run("split", "--check", *parts, "--by", kind, "--mces-cut", "4")
    assert check.returncode == 0, check.stdout
    assert [(row["by"], row["disjoint"]) for row in table(check.stdout)] == [(kind, "yes")]


def test_seed_changes_the_split(run, spectra):
    first = run("split", spectra, "--by", "inchikey", "--seed", "1").stdout
    assert first != run("split", spectra, "--by", "inchikey", "--seed", "2").stdout


def test_check_finds_what_is_shared(run, tmp_path):
    a, b = tmp_path / "a.mgf", tmp_path / "b.mgf"
    a.write_text(mgf_of(["CCO", "Oc1ccccc1", "CC(C)CCCCCCCCCC"]))
    b.write_text(mgf_of(["OC1=CC=CC=C1", "CCCc1ccccc1", "CCCCCCCCCCCCC"]))  # phenol in another spelling; an isomer of the alkane
    done = run("split", "--check", a, b)
    assert done.returncode == 1
    rows = {row["by"]: row for row in table(done.stdout)}
    assert {kind: rows[kind]["disjoint"] for kind in KINDS} == dict.fromkeys(KINDS, "no")
    assert rows["inchikey"]["shared"] == "1" and "ISWSIDIOOBJBQZ" in rows["inchikey"]["first_offender"]
    assert rows["formula"]["shared"] == "2"
    assert rows["scaffold"]["shared"] == "2"  # benzene and none
    assert "distance" in rows["mces"]["first_offender"]
    clean = run("split", "--check", a, b, "--by", "mces", "--mces-cut", "0.5")
    assert clean.returncode == 1 and table(clean.stdout)[0]["shared"] == "1"  # phenol itself


def test_check_of_a_table_with_folds(run, tmp_path):
    folds = tmp_path / "folds.tsv"
    folds.write_text("name\tsmiles\tfold\nx\tCCO\ttrain\ny\tc1ccccc1\ttest\nz\tCOC\ttest\n")
    rows = {row["by"]: row for row in table(run("split", "--check", folds).stdout)}
    assert rows["inchikey"]["disjoint"] == "yes" and rows["formula"]["disjoint"] == "no"
    assert "C2H6O: x (" in rows["formula"]["first_offender"] and "train" in rows["formula"]["first_offender"]


def test_check_of_its_own_output(run, spectra, tmp_path):
    made = tmp_path / "folds.tsv"
    assert run("split", spectra, "--by", "formula", "-o", made).returncode == 0
    assert run("split", "--check", made, "--by", "formula").returncode == 0
    assert run("split", "--check", made, "--by", "scaffold").returncode == 1


def test_structure_table(run, tmp_path):
    source = tmp_path / "molecules.csv"
    source.write_text("id,smiles\n" + "".join(f"m{k},{text}\n" for k, text in enumerate(smiles())))
    done = run("split", source, "--by", "scaffold", "--shares", "0.5,0.5", "--write", tmp_path / "part")
    assert done.returncode == 0, done.stderr
    rows = table(done.stdout)
    assert [row["id"] for row in rows][:2] == ["m0", "m1"] and {row["fold"] for row in rows} == {"train", "test"}
    parts = [table((tmp_path / f"part.{fold}.tsv").read_text()) for fold in ("train", "test")]
    assert sum(map(len, parts)) == len(rows)
    assert {row["id"] for row in parts[0]} == {row["id"] for row in rows if row["fold"] == "train"}


def test_records_without_structure_keep_their_row(run, tmp_path):
    path = tmp_path / "some.mgf"
    path.write_text(mgf_of(["CCO", "C1CC", "CCN"]) + "\nBEGIN IONS\nTITLE=bare\nPEPMASS=99\n50 1\nEND IONS\n")
    done = run("split", path, "--by", "inchikey", "--shares", "0.5,0.5")
    assert done.returncode == 1
    rows = table(done.stdout)
    assert [row["fold"] != "" for row in rows] == [True, False, True, False]
    assert "structure not usable" in rows[1]["reason"] and rows[3]["reason"] == "names no structure"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--by", "scafold"], "did you mean scaffold"),
        ([], "--by is missing"),
        (["--by", "formula", "--shares", "0.8,0.1"], "sum to 1"),
        (["--by", "formula", "--shares", "1"], "1 shares"),
        (["--by", "mces", "--mces-cut", "0"], "above 0"),
        (["--check"], "two folds"),
    ],
)
def test_refusals(run, spectra, arguments, message):
    done = run("split", spectra, *arguments)
    assert done.returncode == 2 and message in done.stderr


def test_nothing_usable(run, tmp_path):
    path = tmp_path / "bare.mgf"
    path.write_text("BEGIN IONS\nTITLE=bare\nPEPMASS=99\n50 1\nEND IONS\n")
    assert run("split", path, "--by", "formula").returncode == 3
    assert run("split", tmp_path / "missing.mgf", "--by", "formula").returncode == 3
