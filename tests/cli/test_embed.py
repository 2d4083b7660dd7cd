"""molbridge embed: one row per record in the order of the input, the same bytes whatever surrounds a record or cuts off a run."""

import gzip
import hashlib
import json
import math
import os
import re
import signal
import struct
import subprocess
import time

import pytest
from conftest import clean_environment, many_smiles
from small_models import dreams, floats, many_spectra, read_safetensors, rows_of, write_bert, write_esm, write_roberta, write_safetensors

SPECTRA = 400


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "dreams.safetensors"
    write_safetensors(path, dreams())
    return path


@pytest.fixture(scope="module")
def spectra(tmp_path_factory):
    path = tmp_path_factory.mktemp("spectra") / "many.mgf"
    path.write_text(many_spectra(SPECTRA))
    return path


@pytest.fixture(scope="module")
def expected(run, model, spectra, tmp_path_factory):
    path = tmp_path_factory.mktemp("expected") / "all.safetensors"
    done = run("embed", "spectra", spectra, "--model", model, "-o", path, "--threads", "2")
    assert done.returncode == 1, done.stderr
    assert "400 records read: 392 embedded, 8 without vector" in done.stderr
    return path


def require_bfloat16(done):
    """Processors before AVX-512 lack it, and molbridge says so."""
    if done.returncode == 5 and "no bfloat16 products" in done.stderr:
        pytest.skip("this processor has no bfloat16 products")
    return done


def ids_table(path):
    lines = (path.parent / (path.name + ".ids.tsv")).read_text().splitlines()
    assert lines[0] == "row\tid\treason\tsource\tline"
    return [line.split("\t") for line in lines[1:]]


def read_npy(path):
    data = path.read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00"
    (length,) = struct.unpack_from("<H", data, 8)
    assert (10 + length) % 64 == 0
    header = data[10 : 10 + length].decode()
    assert "'descr': '<f4'" in header and "'fortran_order': False" in header
    rows, width = map(int, re.search(r"\((\d+), (\d+)\)", header).groups())
    assert len(data) == 10 + length + 4 * rows * width
    return (rows, width), data[10 + length :]


def test_rows_ids_and_reasons_are_aligned(expected, spectra):
    ids, rows = rows_of(expected)
    table = ids_table(expected)
    assert ids == [f"s{i}" for i in range(SPECTRA)] == [row[1] for row in table]
    for i, (row, vector) in enumerate(zip(table, rows)):
        assert int(row[0]) == i and row[3] == str(spectra)
        bad = i % 50 == 49
        assert ("precursor" in row[2]) == bad
        assert all(math.isnan(v) for v in floats(vector)) if bad else all(math.isfinite(v) for v in floats(vector))
    assert len(set(rows)) == SPECTRA - 8 + 1
    _, metadata = read_safetensors(expected)
    record = json.loads((expected.parent / (expected.name + ".run.json")).read_text())
    assert metadata["model_digest"] == record["model_digest"] and len(metadata["model_digest"]) == 64
    assert json.loads(metadata["options"])["peaks"] == "100" and metadata["rows"] == "400" and metadata["failed"] == "8"


def test_a_vector_depends_on_its_spectrum_alone(run, model, spectra, expected, tmp_path):
    _, rows = rows_of(expected)
    blocks = spectra.read_text().split("\n\n")
    for i in (0, 7, 123, 399 - 1):
        (tmp_path / "one.mgf").write_text(blocks[i] + "\n")
        assert run("embed", "spectra", tmp_path / "one.mgf", "--model", model, "-o", tmp_path / f"{i}.safetensors").returncode == 0
        assert rows_of(tmp_path / f"{i}.safetensors")[1] == [rows[i]]
    for threads in ("1", "3"):
        out = tmp_path / f"t{threads}.safetensors"
        run("embed", "spectra", spectra, "--model", model, "-o", out, "--threads", threads, "--checkpoint-rows", "17")
        assert out.read_bytes() == expected.read_bytes()


def test_formats_hold_the_same_numbers(run, model, spectra, expected, tmp_path):
    _, rows = rows_of(expected)
    run("embed", "spectra", spectra, "--model", model, "-o", tmp_path / "o.npy")
    (count, width), data = read_npy(tmp_path / "o.npy")
    assert count == SPECTRA and data == b"".join(rows)
    numpy = pytest.importorskip("numpy") if os.environ.get("MOLBRIDGE_TEST_NUMPY") else None
    if numpy:
        assert numpy.load(tmp_path / "o.npy").tobytes() == data
    run("embed", "spectra", spectra, "--model", model, "-o", tmp_path / "o.tsv")
    lines = (tmp_path / "o.tsv").read_text().splitlines()
    assert lines[0].split("\t")[:2] == ["id", "e0"] and len(lines) == SPECTRA + 1
    for line, row in zip(lines[1:], rows):
        values = [float(v) for v in line.split("\t")[1:]]
        if not math.isnan(values[0]):
            assert struct.pack(f"<{width}f", *values) == row
    piped = run("embed", "spectra", "-", "--model", model, stdin=spectra.read_text())
    assert piped.returncode == 1 and piped.stdout == (tmp_path / "o.tsv").read_text()


def start(binary, args):
    return subprocess.Popen([binary, *map(str, args)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=clean_environment())


def rows_safe(out):
    try:
        return json.loads((out.parent / (out.name + ".partial/state.json")).read_text())["rows"]
    except (FileNotFoundError, json.JSONDecodeError, NotADirectoryError):
        return 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_was_cut_off_continues_to_the_same_bytes(run, binary, model, tmp_path, how):
    source = tmp_path / "many.mgf"
    source.write_text(many_spectra(6000))
    args = ["embed", "spectra", source, "--model", model, "--threads", "1", "--checkpoint-rows", "50", "-o"]
    whole = tmp_path / "whole.safetensors"
    assert run(*args, whole).returncode == 1
    out, cut = tmp_path / "out.safetensors", 0
    for rows in (100, 1000, 3000):
        process = start(binary, [*args, out])
        deadline = time.monotonic() + 60
        while process.poll() is None and rows_safe(out) < rows and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(how)
        process.communicate(timeout=60)
        cut += process.returncode not in (0, 1)
        assert not out.exists() or process.returncode in (0, 1)
    assert cut >= 2, "the runs ended before they could be cut off: take more spectra"
    done = run(*args, out)
    assert done.returncode == 1 and "continuing after" in done.stderr
    assert out.read_bytes() == whole.read_bytes()
    same = [line[:3] + line[4:] for line in ids_table(out)] == [line[:3] + line[4:] for line in ids_table(whole)]
    assert same and not (tmp_path / "out.safetensors.partial").exists()


def test_unfinished_run_of_something_else_starts_anew(run, model, spectra, expected, tmp_path):
    out = tmp_path / "o.safetensors"
    partial = tmp_path / "o.safetensors.partial"
    partial.mkdir()
    (partial / "rows.f32").write_bytes(b"x" * 100000)
    (partial / "ids.tsv").write_text("nonsense\n" * 1000)
    for state in ("{", "[]", json.dumps({"job": "0" * 64, "rows": 5, "failed": 0, "ids_bytes": 10})):
        (partial).mkdir(exist_ok=True)
        (partial / "state.json").write_text(state)
        assert run("embed", "spectra", spectra, "--model", model, "-o", out).returncode == 1
        assert out.read_bytes() == expected.read_bytes()


def test_inputs_that_are_missing_or_damaged(run, model, spectra, tmp_path):
    done = run("embed", "spectra", tmp_path / "nothing.mgf", "--model", model, "-o", tmp_path / "o.npy")
    assert done.returncode == 3 and "nothing.mgf" in done.stderr and not (tmp_path / "o.npy").exists()
    done = run("embed", "spectra", tmp_path / "nothing.mgf", spectra, "--model", model, "-o", tmp_path / "o.npy")
    assert done.returncode == 1 and read_npy(tmp_path / "o.npy")[0][0] == SPECTRA
    packed = gzip.compress(spectra.read_bytes())
    (tmp_path / "cut.mgf.gz").write_bytes(packed[: len(packed) // 2])
    done = run("embed", "spectra", tmp_path / "cut.mgf.gz", "--model", model, "-o", tmp_path / "c.npy")
    assert done.returncode == 1 and "truncated" in done.stderr
    done = run("embed", "spectra", "-", "-", "--model", model)
    assert done.returncode == 2
    assert run("embed", "spectra", spectra).returncode == 2
    assert run("embed", "spectra", spectra, "--model", tmp_path / "none").returncode == 4
    assert run("embed", "spectra", spectra, "--model", model, "--dtype", "f8").returncode == 2
    assert run("embed", "spectra", spectra, "--model", model, "--format", "npy").returncode == 2


def test_spectra_without_peaks_have_a_reason(run, model, tmp_path):
    (tmp_path / "s.mgf").write_text(
        "BEGIN IONS\nTITLE=empty\nPEPMASS=100\nEND IONS\n\nBEGIN IONS\nTITLE=zero\nPEPMASS=100\n50 0\nEND IONS\n\n"
        "BEGIN IONS\nTITLE=good\nPEPMASS=100\n50 1\nEND IONS\n"
    )
    out = tmp_path / "o.npy"
    assert run("embed", "spectra", tmp_path / "s.mgf", "--model", model, "-o", out).returncode == 1
    table = ids_table(out)
    assert [row[1] for row in table] == ["empty", "zero", "good"]
    assert table[0][2] and table[1][2] and not table[2][2]


def test_dtypes_and_conventions_agree_roughly_and_are_told_apart(run, model, mgf, tmp_path):
    vectors = {}
    for name, more in {"f32": [], "bf16": ["--dtype", "bf16"], "x3": ["--dtype", "bf16x3"], "sb": ["--input", "specbridge"], "n": ["--normalize"]}.items():
        out = tmp_path / f"{name}.safetensors"
        assert require_bfloat16(run("embed", "spectra", mgf, "--model", model, "-o", out, *more)).returncode == 0
        vectors[name] = floats(rows_of(out)[1][0])
    distance = {n: max(abs(a - b) for a, b in zip(v, vectors["f32"])) for n, v in vectors.items()}
    assert 0 < distance["bf16"] < 0.2 and distance["x3"] < 2e-3 and distance["sb"] > 1e-3
    assert abs(sum(v * v for v in vectors["n"]) - 1) < 1e-5


def test_closed_pipe_full_disk_and_permissions(run, binary, model, spectra, tmp_path):
    command = f"'{binary}' embed spectra '{spectra}' --model '{model}' 2>/dev/null | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=clean_environment())
    assert done.stdout.splitlines()[-1] in ("1", "6")
    if os.path.exists("/dev/full"):
        assert run("embed", "spectra", spectra, "--model", model, "-o", "/dev/full").returncode == 6
    (tmp_path / "file").write_text("x")
    assert run("embed", "spectra", spectra, "--model", model, "-o", tmp_path / "file/o.npy").returncode == 6
    (tmp_path / "folder.npy").mkdir()
    assert run("embed", "spectra", spectra, "--model", model, "-o", tmp_path / "folder.npy").returncode == 6


def test_fingerprints_of_molecules(run, tmp_path):
    source = tmp_path / "m.smi"
    source.write_text("CCO ethanol\nC1CC bad\nOCC again\n")
    out = tmp_path / "o.safetensors"
    done = run("embed", "molecules", source, "--model", "morgan:radius=2,bits=256", "-o", out)
    assert done.returncode == 1
    ids, rows = rows_of(out)
    assert ids == ["ethanol", "bad", "again"] and rows[0] == rows[2]
    assert set(floats(rows[0])) == {0.0, 1.0} and all(math.isnan(v) for v in floats(rows[1]))
    assert ids_table(out)[1][2]


def test_molecules_by_a_network_and_a_bank_of_them(run, tmp_path):
    folder = tmp_path / "chem"
    write_roberta(folder)
    source = tmp_path / "m.smi"
    source.write_text("\n".join([*many_smiles(200), "C1CC bad"]) + "\n")
    out = tmp_path / "o.safetensors"
    assert run("embed", "molecules", source, "--model", folder, "-o", out, "--threads", "2").returncode == 1
    _, rows = rows_of(out)
    (tmp_path / "one.smi").write_text(many_smiles(200)[77] + "\n")
    assert run("embed", "molecules", tmp_path / "one.smi", "--model", folder, "-o", tmp_path / "one.safetensors").returncode == 0
    assert rows_of(tmp_path / "one.safetensors")[1] == [rows[77]]
    bank = tmp_path / "bank"
    done = run("bank", "build", source, "--encoder", folder, "-o", bank)
    assert done.returncode == 1 and "(float16)" in done.stderr
    found = run("bank", "search", bank, "--smiles", many_smiles(200)[77], "--top-k", "1")
    assert found.returncode == 0, found.stderr
    row = dict(zip(*[line.split("\t") for line in found.stdout.splitlines()[:2]]))
    assert float(row["score"]) > 0.999
    for more in (["--dtype", "bf16"], ["--pooling", "max"]):
        done = run("embed", "molecules", tmp_path / "one.smi", "--model", folder, "-o", tmp_path / "x.safetensors", *more)
        assert require_bfloat16(done).returncode == 0
        assert rows_of(tmp_path / "x.safetensors")[1] != [rows[77]]
    folder.rename(tmp_path / "moved")
    found = run("bank", "search", bank, "--smiles", "CCO")
    assert found.returncode == 4 and "chem" in found.stderr
    moved = run("embed", "molecules", source, "--model", tmp_path / "moved", "-o", tmp_path / "moved.safetensors")
    assert moved.returncode == 1 and (tmp_path / "moved.safetensors").read_bytes() == out.read_bytes()
    assert run("embed", "molecules", source, "--model", "ecfp4", "--dtype", "bf16").returncode == 2


def test_texts_by_line_and_by_column(run, tmp_path):
    folder = tmp_path / "bert"
    write_bert(folder)
    texts = ["The acid binds to water.", "", "a small molecule drug", "acids, proteins (and) cells"]
    (tmp_path / "t.txt").write_text("\n".join(texts) + "\n")
    (tmp_path / "t.csv").write_text('id,abstract\na,"The acid binds to water."\nb,\nc,a small molecule drug\nd,"acids, proteins (and) cells"\n')
    assert run("embed", "text", tmp_path / "t.txt", "--model", folder, "-o", tmp_path / "l.safetensors").returncode == 1
    done = run("embed", "text", tmp_path / "t.csv", "--column", "abstract", "--model", folder, "-o", tmp_path / "c.safetensors")
    assert done.returncode == 1
    by_line, by_column = rows_of(tmp_path / "l.safetensors"), rows_of(tmp_path / "c.safetensors")
    assert by_line[1] == by_column[1] and len(set(by_line[1])) == 4
    assert by_line[0] == [f"t.txt:{i}" for i in (1, 2, 3, 4)] and by_column[0] == ["a", "b", "c", "d"]
    done = run("embed", "text", tmp_path / "t.csv", "--column", "title", "--model", folder)
    assert done.returncode == 3 and "abstract" in done.stderr
    for pooling in ("cls", "mean", "max"):
        assert run("embed", "text", tmp_path / "t.csv", "--column", "abstract", "--pooling", pooling, "--model", folder).returncode == 1


def test_proteins_by_fasta_and_by_table(run, tmp_path):
    folder = tmp_path / "esm"
    write_esm(folder)
    fasta = ">P1 first\nmkvl\nLAGH*\n>P2\nMK1\n>P3\nACDEFGHIKLMNPQRSTVWYX\n"
    (tmp_path / "p.fasta.gz").write_bytes(gzip.compress(fasta.encode()))
    (tmp_path / "p.tsv").write_text("accession\tsequence\nP1\tMKVLLAGH\nP2\tMK1\nP3\tACDEFGHIKLMNPQRSTVWYX\n")
    for name in ("p.fasta.gz", "p.tsv"):
        done = run("embed", "proteins", tmp_path / name, "--model", folder, "-o", tmp_path / (name + ".safetensors"))
        assert done.returncode == 1, done.stderr
        assert "'1' at position 3 is no residue" in done.stderr
    a, b = rows_of(tmp_path / "p.fasta.gz.safetensors"), rows_of(tmp_path / "p.tsv.safetensors")
    assert a == b and a[0] == ["P1", "P2", "P3"]
    done = run("embed", "proteins", "-", "--model", folder, stdin="MKVL\n")
    assert done.returncode == 3


def test_texts_over_the_token_limit_are_cut_and_counted(run, tmp_path):
    write_bert(tmp_path / "bert")
    (tmp_path / "t.txt").write_text("water\n" + "a b c d " * 40 + "\n" + "a b c d " * 50 + "\nacid\n")
    out = tmp_path / "t.safetensors"
    done = run("embed", "text", tmp_path / "t.txt", "--model", tmp_path / "bert", "-o", out)
    assert done.returncode == 0, done.stderr
    assert "2 of them longer than the model reads" in done.stderr and "t.txt:2" in done.stderr
    assert json.loads((tmp_path / "t.safetensors.run.json").read_text())["truncated"] == "2"
    rows = rows_of(out)[1]
    assert rows[1] == rows[2] and len(set(rows)) == 3
    done = run("embed", "text", tmp_path / "t.txt", "--model", tmp_path / "bert")
    assert "2 of them longer" in done.stderr


def test_molecules_over_the_token_limit_are_counted(run, tmp_path):
    write_roberta(tmp_path / "roberta")
    (tmp_path / "m.smi").write_text("CCO a\n" + "C" * 90 + " b\n")
    done = run("embed", "molecules", tmp_path / "m.smi", "--model", tmp_path / "roberta", "-o", tmp_path / "m.npy")
    assert done.returncode == 0 and "1 of them longer than the model reads" in done.stderr


def test_tfidf_and_descriptors_are_models_too(run, tmp_path):
    body = "molbridge tfidf 1\ndocuments\t3\nwords\t2\nterms\t3\ninhibitor\t2\nkinase\t1\nkinase inhibitor\t1\n"
    (tmp_path / "v.tfidf").write_text(f"{body}sha256\t{hashlib.sha256(body.encode()).hexdigest()}\n")
    (tmp_path / "t.txt").write_text("A kinase inhibitor\nsomething else\n")
    done = run("embed", "text", tmp_path / "t.txt", "--model", f"tfidf:{tmp_path / 'v.tfidf'}", "-o", tmp_path / "t.npy")
    assert done.returncode == 1 and "no word of the text is in the vocabulary" in done.stderr
    (rows, width), data = read_npy(tmp_path / "t.npy")
    assert (rows, width) == (2, 3) and sum(v * v for v in struct.unpack_from("<3f", data)) == pytest.approx(1, abs=1e-6)
    done = run("embed", "text", tmp_path / "t.txt", "--model", f"tfidf:{tmp_path / 't.txt'}")
    assert done.returncode == 4 and "t.txt:1" in done.stderr
    (tmp_path / "p.fasta").write_text(">P1\nACA\n>P2\nXX\n")
    done = run("embed", "proteins", tmp_path / "p.fasta", "--model", "composition", "-o", tmp_path / "p.npy")
    assert done.returncode == 1 and "no known residue" in done.stderr
    assert struct.unpack_from("<2f", read_npy(tmp_path / "p.npy")[1]) == pytest.approx((2 / 3, 1 / 3))
    assert run("embed", "proteins", tmp_path / "p.fasta", "--model", "ctd", "--dtype", "bf16").returncode == 2


def test_a_network_over_proteins_is_refused_for_texts(run, tmp_path):
    write_esm(tmp_path / "esm")
    done = run("embed", "text", "-", "--model", tmp_path / "esm", stdin="a text\n")
    assert done.returncode == 4 and "is a network over proteins" in done.stderr


def test_print_config_can_be_given_back(run, model, mgf, tmp_path):
    done = run("embed", "spectra", mgf, "--model", model, "--input", "specbridge", "--print-config")
    assert done.returncode == 0 and 'input = "specbridge"' in done.stdout
    (tmp_path / "c.toml").write_text(done.stdout)
    again = run("embed", "spectra", "--config", tmp_path / "c.toml")
    assert again.returncode == 0, again.stderr
    assert again.stdout == run("embed", "spectra", mgf, "--model", model, "--input", "specbridge").stdout
