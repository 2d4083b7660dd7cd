"""molbridge bank build, info and search on small lists: reports, rejected rows, damaged inputs and banks."""

import gzip
import json
import os
import resource
import shutil
import subprocess

import pytest
from conftest import MOLECULES_TSV, clean_environment, many_smiles

CAFFEINE = "RYYVLZVUVIJVGH"


def tsv(text):
    header, *rows = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(header, row)) for row in rows]


def info(run, folder, *more):
    done = run("bank", "info", folder, "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def folder_bytes(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_build_merges_spellings_and_reports(run, molecules, tmp_path):
    folder = tmp_path / "bank"
    done = run("bank", "build", molecules, "-o", folder)
    assert done.returncode == 0
    # benzoate and benzoic acid are one molecule, so are the two alanines
    assert "9 rows read: 9 parsed, 0 rejected; 2 merged, 7 molecules written (bits)" in done.stderr
    assert "molecules/s, peak memory" in done.stderr
    facts = info(run, folder, "--check")
    assert facts["count"] == 7 and facts["dtype"] == "bits" and facts["checked"] is True
    assert facts["encoder"] == "morgan:radius=2,bits=4096" and facts["sources"] == ["molecules.tsv"]
    assert not (folder / "rejected.tsv").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bank", "molecules.tsv"], "nothing is left beside the bank"


@pytest.mark.parametrize("dtype, shown", [("auto", "bits"), ("float16", "float16"), ("float32", "float32")])
def test_dtype(run, molecules, tmp_path, dtype, shown):
    assert run("bank", "build", molecules, "-o", tmp_path / "b", "--dtype", dtype).returncode == 0
    assert info(run, tmp_path / "b")["dtype"] == shown
    done = run("bank", "search", tmp_path / "b", "--smiles", "Cn1cnc2c1c(=O)n(C)c(=O)n2C", "--top-k", "1")
    assert tsv(done.stdout)[0]["inchikey14"] == CAFFEINE


def test_same_bytes_for_any_threads_memory_and_folder(run, tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    for folder, threads, memory in ((first, 1, "1G"), (second, 4, "64K")):
        folder.mkdir()
        (folder / "m.smi").write_text("\n".join(many_smiles(700)) + "\n")
        done = run("bank", "build", folder / "m.smi", "-o", folder / "b", "--threads", threads, "--memory", memory)
        assert done.returncode == 0, done.stderr
    assert folder_bytes(first / "b") == folder_bytes(second / "b")


def test_rejected_rows_are_listed_and_exit_1(run, tmp_path):
    path = tmp_path / "bad.tsv"
    path.write_text("SMILES\tname\nCCO\tethanol\nC1CC\topen ring\nCCN\tamine\nnot a smiles\tx\nC(C)(C)(C)(C)C\tfive\n\tempty\n")
    done = run("bank", "build", path, "-o", tmp_path / "b")
    assert done.returncode == 1
    assert "6 rows read: 2 parsed, 4 rejected; 0 merged, 2 molecules written" in done.stderr
    assert "rejected.tsv" in done.stderr
    rows = tsv((tmp_path / "b" / "rejected.tsv").read_text())
    assert [row["line"] for row in rows] == ["3", "5", "6", "7"]
    assert all(row["file"] == str(path) and row["reason"] for row in rows)
    assert rows[0]["text"] == "C1CC"
    assert info(run, tmp_path / "b", "--check")["count"] == 2
    assert not (tmp_path / "b.rejected.tsv").exists()


def test_rebuilding_replaces_the_bank_and_its_rejected_list(run, molecules, tmp_path):
    bad = tmp_path / "bad.smi"
    bad.write_text("CCO\nC1CC\n")
    assert run("bank", "build", bad, "-o", tmp_path / "b").returncode == 1
    assert run("bank", "build", molecules, "-o", tmp_path / "b").returncode == 0
    assert info(run, tmp_path / "b")["count"] == 7
    assert not (tmp_path / "b" / "rejected.tsv").exists()


def test_input_forms_agree(run, molecules, tmp_path):
    forms = {
        "gz": gzip.compress(MOLECULES_TSV.encode()),
        "csv": MOLECULES_TSV.replace("\t", ",").encode(),
        "semicolon.csv": MOLECULES_TSV.replace("\t", ";").encode(),
        "crlf.tsv": MOLECULES_TSV.replace("\n", "\r\n").encode(),
        "bom.tsv": b"\xef\xbb\xbf" + MOLECULES_TSV.encode(),
    }
    for ending, content in forms.items():
        path = tmp_path / f"m.{ending}"
        path.write_bytes(content)
        done = run("bank", "build", path, "-o", tmp_path / ending)
        assert done.returncode == 0, (ending, done.stderr)
        assert info(run, tmp_path / ending)["count"] == 7
    done = run("bank", "build", "-", "-o", tmp_path / "stdin", stdin=MOLECULES_TSV)
    assert done.returncode == 0, done.stderr
    assert info(run, tmp_path / "stdin")["sources"] == ["standard input"]


def test_first_row_of_a_molecule_gives_its_name(run, bank):
    done = run("bank", "search", bank, "--inchikey", "WPYMKLBDIGXBTP")  # benzoic acid
    (row,) = tsv(done.stdout)
    assert row["name"] == "sodium benzoate" and row["formula"] == "C7H6O2" and "c3" in row["source_id"]


def test_column_options(run, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("a,b,c\nCCO,spirit,77\n")
    done = run("bank", "build", path, "-o", tmp_path / "b")
    assert done.returncode == 3
    assert "--smiles-column" in done.stderr and str(path) in done.stderr
    assert not (tmp_path / "b").exists() and not (tmp_path / "b.partial").exists()
    done = run("bank", "build", path, "-o", tmp_path / "b", "--smiles-column", "a", "--name-column", "b", "--id-column", "c")
    assert done.returncode == 0, done.stderr
    (row,) = tsv(run("bank", "search", tmp_path / "b", "--formula", "C2H6O").stdout)
    assert row["name"] == "spirit" and "77" in row["source_id"]


def test_keep_stereo(run, tmp_path):
    path = tmp_path / "m.smi"
    path.write_text("C[C@H](N)C(=O)O\n")
    for flags, expected in (([], False), (["--keep-stereo"], True)):
        assert run("bank", "build", path, "-o", tmp_path / "b", *flags).returncode == 0
        (row,) = tsv(run("bank", "search", tmp_path / "b", "--formula", "C3H7NO2").stdout)
        assert ("@" in row["smiles"]) == expected


# ---------------------------------------------------------------- bad inputs


def test_truncated_gz_exits_3_and_leaves_the_old_bank(run, bank, tmp_path):
    before = folder_bytes(bank)
    packed = gzip.compress(("\n".join(["SMILES", *many_smiles(500)]) + "\n").encode())
    path = tmp_path / "cut.tsv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    done = run("bank", "build", path, "-o", bank)
    assert done.returncode == 3, done.stderr
    assert "cut.tsv.gz" in done.stderr
    assert folder_bytes(bank) == before


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 40, b"\x1f\x8b\x08\x00garbage"])
def test_binary_garbage_ends_with_a_documented_code(run, tmp_path, content):
    path = tmp_path / "garbage.tsv"
    path.write_bytes(content)
    done = run("bank", "build", path, "-o", tmp_path / "b")
    assert done.returncode == 3, done.stderr
    assert str(path) in done.stderr


def test_missing_input_exits_3_before_anything_is_made(run, molecules, tmp_path):
    done = run("bank", "build", molecules, tmp_path / "none.tsv", "-o", tmp_path / "b")
    assert done.returncode == 3 and "none.tsv" in done.stderr
    assert not (tmp_path / "b.partial").exists()


@pytest.mark.parametrize("target", ["/proc/bank", "/dev/null/bank", "/dev/full"])
def test_output_that_cannot_be_made_exits_6(run, molecules, target):
    done = run("bank", "build", molecules, "-o", target)
    assert done.returncode == 6, done.stderr
    assert target in done.stderr


def test_folder_that_is_no_bank_is_never_replaced(run, molecules, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "holiday.jpg").write_text("precious")
    done = run("bank", "build", molecules, "-o", folder)
    assert done.returncode == 6 and "holiday.jpg" in done.stderr
    assert (folder / "holiday.jpg").read_text() == "precious"


def test_full_disk_exits_6_and_leaves_the_old_bank(run, bank, tmp_path):
    before = folder_bytes(bank)
    path = tmp_path / "m.smi"
    path.write_text("\n".join(many_smiles(1000)) + "\n")

    def limit():  # a file may not grow beyond this, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = run("bank", "build", path, "-o", bank, preexec_fn=limit)
    assert done.returncode == 6, done.stderr
    assert folder_bytes(bank) == before


def test_out_of_memory_exits_5(run, binary, molecules, tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))

    if run("version", preexec_fn=limit).returncode != 0:
        pytest.skip("this build (a sanitizer's) does not start with 400 MiB")
    (tmp_path / "m.smi").write_text("\n".join(many_smiles(2048)) + "\n")
    wide = ["--encoder", "morgan:radius=2,bits=65536", "--dtype", "float32", "--memory", "8G"]
    done = run("bank", "build", tmp_path / "m.smi", "-o", tmp_path / "b", *wide, preexec_fn=limit)
    assert done.returncode == 5, done.stderr
    assert "out of memory" in done.stderr


# ---------------------------------------------------------------- info and search


def test_missing_bank_exits_4(run, tmp_path):
    for command in (["info"], ["search", "--formula", "CH4"]):
        done = run("bank", command[0], tmp_path / "none", *command[1:])
        assert done.returncode == 4, done.stderr
        assert str(tmp_path / "none") in done.stderr


@pytest.mark.parametrize("name", ["bank.toml", "embeddings.safetensors", "masses.safetensors", "records.sqlite"])
def test_missing_or_cut_file_of_a_bank_exits_4(run, bank, name):
    whole = (bank / name).read_bytes()
    (bank / name).write_bytes(whole[: len(whole) // 2])
    assert run("bank", "info", bank).returncode == 4
    (bank / name).unlink()
    done = run("bank", "info", bank)
    assert done.returncode == 4 and str(bank) in done.stderr


@pytest.mark.parametrize("name", ["embeddings.safetensors", "masses.safetensors", "records.sqlite"])
def test_check_finds_a_flipped_byte(run, bank, name):
    content = bytearray((bank / name).read_bytes())
    content[-3] ^= 1
    (bank / name).write_bytes(content)
    done = run("bank", "info", bank, "--check")
    assert done.returncode == 4 and name in done.stderr


def test_bank_of_an_encoder_unknown_here_exits_4(run, bank):
    manifest = (bank / "bank.toml").read_text()
    (bank / "bank.toml").write_text(manifest.replace("morgan:radius=2", "morgan:radius=3"))
    done = run("bank", "search", bank, "--smiles", "CCO")
    assert done.returncode == 4, "a manifest edited by hand does not open"


def test_info_text(run, bank):
    text = run("bank", "info", bank).stdout
    for words in ("molecules       7", "morgan:radius=2,bits=4096", "4096 x bits", "molecules.tsv"):
        assert words in text


def test_search_by_structure_ranks_and_ties_are_pessimistic(run, bank):
    done = run("bank", "search", bank, "--smiles", "OC(=O)c1ccccc1", "--top-k", "7")
    rows = tsv(done.stdout)
    assert rows[0]["inchikey14"] == "WPYMKLBDIGXBTP" and rows[0]["score"] == "1.000000" and rows[0]["rank"] == "1"
    scores = [float(row["score"]) for row in rows]
    assert len(rows) == 7 and scores == sorted(scores, reverse=True)
    for row in rows:
        assert int(row["rank"]) == sum(score >= float(row["score"]) for score in scores)


def test_search_by_mass_formula_and_key(run, bank):
    by_mass = tsv(run("bank", "search", bank, "--mass", "194.0804", "--ppm", "5").stdout)
    assert [row["inchikey14"] for row in by_mass] == [CAFFEINE]
    assert abs(float(by_mass[0]["mass_error_ppm"])) < 1
    assert tsv(run("bank", "search", bank, "--mass", "194.0804", "--ppm", "0.001").stdout) == []
    by_formula = tsv(run("bank", "search", bank, "--formula", "C6H12O6").stdout)
    assert {row["name"] for row in by_formula} == {"glucose", "fructose"}
    for key in (CAFFEINE, CAFFEINE.lower(), CAFFEINE + "-UHFFFAOYSA-N"):
        assert [row["name"] for row in tsv(run("bank", "search", bank, "--inchikey", key).stdout)] == ["caffeine"]


def test_search_by_structure_within_a_formula(run, bank):
    done = run("bank", "search", bank, "--smiles", "OCC1OC(O)C(O)C(O)C1O", "--formula", "C6H12O6")
    assert [row["name"] for row in tsv(done.stdout)] == ["glucose", "fructose"]


def test_search_json(run, bank, tmp_path):
    target = tmp_path / "hits.json"
    done = run("bank", "search", bank, "--smiles", "CCO", "--top-k", "2", "--format", "json", "-o", target)
    assert done.returncode == 0 and done.stdout == ""
    report = json.loads(target.read_text())
    assert report["bank"]["digest"] == info(run, bank)["digest"]
    assert report["query"]["standardized_smiles"] == "CCO"
    assert report["num_candidates"] == 7 and len(report["hits"]) == 2


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "nothing to search for"),
        (["--smiles", "C1CC"], "C1CC"),
        (["--smiles", ""], "SMILES"),
        (["--formula", "Xx2"], "Xx"),
        (["--mass", "0"], "positive"),
        (["--inchikey", "RYYV"], "InChIKey"),
        (["--inchikey", CAFFEINE + "X"], "InChIKey"),
        (["--inchikey", CAFFEINE, "--mass", "100"], "alone"),
    ],
)
def test_search_refuses_what_makes_no_sense(run, bank, arguments, words):
    done = run("bank", "search", bank, *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr


def test_search_output_that_cannot_be_written_exits_6(run, bank):
    assert run("bank", "search", bank, "--formula", "CH4", "-o", "/dev/full").returncode == 6


def test_closed_pipe_is_not_a_crash(binary, bank):
    command = f"'{binary}' bank search '{bank}' --smiles CCO | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, env=clean_environment(), timeout=60)
    assert done.returncode in (0, 6)


def test_a_moved_bank_is_the_same_bank(run, bank, tmp_path):
    digest = info(run, bank)["digest"]
    shutil.move(bank, tmp_path / "moved")
    assert info(run, tmp_path / "moved")["digest"] == digest


def test_symbolic_link_to_a_bank_is_followed(run, bank, tmp_path):
    os.symlink(bank, tmp_path / "link")
    path = tmp_path / "m.smi"
    path.write_text("CCO\nC1CC\n")
    assert run("bank", "build", path, "-o", f"{tmp_path}/link/", "--dtype", "float16").returncode == 1
    assert (tmp_path / "link").is_symlink()
    assert info(run, bank)["dtype"] == "float16"
    assert (bank / "rejected.tsv").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bank", "link", "m.smi", "molecules.tsv"]
