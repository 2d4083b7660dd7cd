"""molbridge identify as a user runs it: real binary, shipped model (or $MOLBRIDGE_TEST_MODEL), a small bank built here."""
import csv
import gzip
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest
from conftest import clean_environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = pathlib.Path(os.environ.get("MOLBRIDGE_TEST_MODEL", ROOT / "models" / "fingerprint-ffn"))
COLUMNS = ("query_index query_id precursor_mz adduct status rank score smiles inchikey14 formula name source_id mass_error_ppm bridge_score probability "
           "probability_close q_value fragments_explained intensity_explained num_candidates reason").split()

MOLECULES = """name\tsmiles
caffeine\tCN1C=NC2=C1C(=O)N(C)C(=O)N2C
theophylline\tCN1C2=C(C(=O)N(C1=O)C)NC=N2
theobromine\tCN1C=NC2=C1C(=O)NC(=O)N2C
glucose\tC(C1C(C(C(C(O1)O)O)O)O)O
choline\tC[N+](C)(C)CCO
aspirin\tCC(=O)OC1=CC=CC=C1C(=O)O
"""


def ions(title, keys, peaks="110.0713 12\n138.0662 100\n195.0877 60\n"):
    return f"BEGIN IONS\nTITLE={title}\n{keys}{peaks}END IONS\n"


CAFFEINE = ions("caffeine", "PEPMASS=195.0877\nADDUCT=[M+H]+\nCHARGE=1+\n")
THEOPHYLLINE = ions("theophylline", "PEPMASS=181.0720\nADDUCT=[M+H]+\n", "124.0505 100\n96.0556 20\n181.0720 50\n")

needs_model = pytest.mark.skipif(not (MODEL / "model.toml").exists(), reason="the shipped model is not here")


def binary():
    return os.environ.get("MOLBRIDGE_BINARY", str(ROOT / "build" / "release" / "molbridge"))


def molbridge(*args, stdin=None, cwd=None, env=None):
    """Bytes in, bytes out."""
    source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    return subprocess.run([binary(), *map(str, args)], capture_output=True, cwd=cwd, env=clean_environment(env), timeout=300, check=False, **source)


@pytest.fixture(scope="session", name="bank")
def fixture_bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("identify")
    (folder / "molecules.tsv").write_text(MOLECULES)
    done = molbridge("bank", "build", folder / "molecules.tsv", "-o", folder / "bank", "--quiet")
    assert done.returncode == 0, done.stderr.decode()
    return folder / "bank"


def identify(bank, *args, **kwargs):
    return molbridge("identify", *args, "--bank", bank, "--model", MODEL, **kwargs)


def table(text):
    rows = list(csv.DictReader(io.StringIO(text.decode() if isinstance(text, bytes) else text), delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        assert list(row) == COLUMNS
    return rows


@needs_model
def test_every_spectrum_has_its_row_and_totals_add_up(bank, tmp_path):
    spectra = CAFFEINE + ions("far", "PEPMASS=900.1\nADDUCT=[M+H]+\n") + ions("no precursor", "ADDUCT=[M+H]+\n") + THEOPHYLLINE
    (tmp_path / "in.mgf").write_text(spectra)
    done = identify(bank, tmp_path / "in.mgf")
    assert done.returncode == 1
    rows = table(done.stdout)
    assert [r["query_id"] for r in rows if r["rank"] in ("", "1")] == ["caffeine", "far", "no precursor", "theophylline"]
    by_id = {r["query_id"]: r for r in rows}
    assert by_id["caffeine"]["name"] == "caffeine"
    assert by_id["caffeine"]["inchikey14"] == "RYYVLZVUVIJVGH"
    assert abs(float(by_id["caffeine"]["mass_error_ppm"])) < 1
    assert by_id["far"]["status"] == "no_candidates"
    assert by_id["no precursor"]["status"] == "skipped" and "precursor" in by_id["no precursor"]["reason"]
    pool = [r for r in rows if r["query_id"] == "theophylline"]
    assert {r["name"] for r in pool} >= {"theophylline", "theobromine"}
    assert "4 read: 2 ranked, 1 without candidates, 1 skipped" in done.stderr.decode()


@needs_model
def test_formats_compression_and_standard_input_give_the_same(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE + THEOPHYLLINE)
    (tmp_path / "in.mgf.gz").write_bytes(gzip.compress((CAFFEINE + THEOPHYLLINE).encode()))
    assert molbridge("convert", tmp_path / "in.mgf", "-o", tmp_path / "in.msp").returncode == 0
    expected = identify(bank, tmp_path / "in.mgf")
    assert expected.returncode == 0, expected.stderr.decode()
    for name in ("in.mgf.gz", "in.msp"):
        done = identify(bank, tmp_path / name)
        assert done.returncode == 0 and done.stdout == expected.stdout, name
    for data in (tmp_path / "in.mgf", tmp_path / "in.mgf.gz"):
        done = identify(bank, "-", stdin=data.read_bytes())
        assert done.returncode == 0 and done.stdout == expected.stdout


@needs_model
def test_output_file_and_its_run_record(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE)
    done = identify(bank, tmp_path / "in.mgf", "-o", tmp_path / "hits.tsv", "--threads", "1")
    assert done.returncode == 0 and done.stdout == b""
    first = (tmp_path / "hits.tsv").read_bytes()
    record = json.loads((tmp_path / "hits.tsv.run.json").read_text())
    assert record["model"]["digest"] and record["bank"]["digest"] and record["totals"]["ranked"] == 1
    assert identify(bank, tmp_path / "in.mgf", "-o", tmp_path / "again.tsv", "--threads", "2").returncode == 0
    assert (tmp_path / "again.tsv").read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.tsv", "again.tsv.run.json", "hits.tsv", "hits.tsv.run.json", "in.mgf"]


@needs_model
def test_json(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE + ions("no precursor", ""))
    for args in (["--format", "json"], ["-o", tmp_path / "hits.json"]):
        done = identify(bank, tmp_path / "in.mgf", *args)
        assert done.returncode == 1
        document = json.loads(done.stdout or (tmp_path / "hits.json").read_text())
        assert document["tool"] == "molbridge" and len(document["queries"]) == 2
        assert document["queries"][0]["candidates"][0]["name"] == "caffeine"
        assert document["totals"] == {"read": 2, "ranked": 1, "no_candidates": 0, "skipped": 1, "ms1_passed_over": 0}


@needs_model
def test_missing_adduct_is_assumed_and_said(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(ions("sodium", "PEPMASS=217.0696\nIONMODE=positive\n") + ions("odd", "PEPMASS=195.0877\nADDUCT=[M+Foo]+\n"))
    rows = table(identify(bank, tmp_path / "in.mgf").stdout)
    assert rows[0]["adduct"] == "[M+Na]+" and rows[0]["name"] == "caffeine" and "adduct assumed" in rows[0]["reason"]
    odd = [r for r in rows if r["query_id"] == "odd"]
    assert odd[0]["adduct"] == "[M+H]+" and "[M+Foo]+" in odd[0]["reason"]


@needs_model
def test_adduct_formula_and_top_k_options(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(ions("sodium", "PEPMASS=217.0696\nADDUCT=[M+H]+\n"))
    rows = table(identify(bank, tmp_path / "in.mgf", "--adduct", "M+Na").stdout)
    assert [r["name"] for r in rows] == ["caffeine"]
    rows = table(identify(bank, tmp_path / "in.mgf", "--formula", "C7H8N4O2", "--top-k", "1").stdout)
    assert len(rows) == 1 and int(rows[0]["num_candidates"]) >= 2 and "ppm off" in rows[0]["reason"]
    rows = table(identify(bank, tmp_path / "in.mgf", "--ppm", "0").stdout)
    assert rows[0]["status"] == "no_candidates"


@needs_model
@pytest.mark.parametrize("args, part", [(["--ppm", "ten"], "--ppm"), (["--pmm", "5"], "--ppm"), (["--adduct", "[M+Foo]+"], "Foo"),
                                        (["--formula", "Xx"], "Xx"), (["--ion-mode", "up"], "--ion-mode"), (["--top-k", "0"], "--top-k"),
                                        (["--format", "xlsx"], "--format")])
def test_bad_options_are_usage_errors(bank, tmp_path, args, part):
    (tmp_path / "in.mgf").write_text(CAFFEINE)
    done = identify(bank, tmp_path / "in.mgf", *args)
    assert done.returncode == 2 and part in done.stderr.decode(), done.stderr.decode()


@needs_model
def test_missing_or_unfitting_bank_and_model(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE)
    (tmp_path / "molecules.tsv").write_text(MOLECULES)
    done = identify(tmp_path / "nobank", tmp_path / "in.mgf")
    assert done.returncode == 4 and "molbridge bank build" in done.stderr.decode()
    done = molbridge("identify", tmp_path / "in.mgf", "--bank", bank, "--model", tmp_path / "nomodel")
    assert done.returncode == 4 and "nomodel" in done.stderr.decode()
    other = tmp_path / "other"
    assert molbridge("bank", "build", tmp_path / "molecules.tsv", "-o", other, "--encoder", "morgan:radius=3,bits=512").returncode == 0
    done = identify(other, tmp_path / "in.mgf")
    message = done.stderr.decode()
    assert done.returncode == 4 and message.count("digest") >= 2 and "molbridge bank build" in message and "--encoder" in message


@needs_model
def test_environment_names_model_and_bank(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE)
    done = molbridge("identify", tmp_path / "in.mgf", env={"MOLBRIDGE_BANK": str(bank), "MOLBRIDGE_MODEL": str(MODEL)}, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert table(done.stdout)[0]["name"] == "caffeine"


@needs_model
@pytest.mark.parametrize("program, share", [("build/release/molbridge", "."), ("bin/molbridge", "share/molbridge")])
def test_without_options_it_finds_what_it_was_shipped_with(tmp_path, program, share):
    program, share = tmp_path / program, tmp_path / share
    for folder in (program.parent, share / "models", share / "examples", tmp_path / "elsewhere"):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(binary(), program)
    (share / "models" / "fingerprint-ffn").symlink_to(MODEL)
    (share / "examples" / "molecules.tsv").write_text(MOLECULES)
    (tmp_path / "in.mgf").write_text(CAFFEINE)

    def call(*args, cwd=share):
        return subprocess.run([program, *args], capture_output=True, cwd=cwd, env=clean_environment(), timeout=300, check=False)

    done = call("identify", tmp_path / "in.mgf")
    command = "bank build examples/molecules.tsv -o examples/bank"
    assert done.returncode == 4 and "molbridge " + command in done.stderr.decode()
    assert call(*command.split()).returncode == 0
    for cwd in (share, tmp_path / "elsewhere"):
        done = call("identify", tmp_path / "in.mgf", cwd=cwd)
        assert done.returncode == 0 and table(done.stdout)[0]["name"] == "caffeine", done.stderr.decode()
    (share / "models" / "fingerprint-ffn").unlink()
    done = call("identify", tmp_path / "in.mgf")
    assert done.returncode == 4 and "--model DIR" in done.stderr.decode()


@needs_model
def test_unreadable_inputs(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE)
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)) * 200)
    done = identify(bank, tmp_path / "absent.mgf")
    assert done.returncode == 3 and "absent.mgf" in done.stderr.decode() and done.stdout == b""
    assert identify(bank, tmp_path / "noise.bin").returncode == 3
    done = identify(bank, tmp_path / "absent.mgf", tmp_path / "in.mgf")
    assert done.returncode == 1 and len(table(done.stdout)) == 1


@needs_model
def test_damaged_inputs_keep_what_came_before(bank, tmp_path):
    whole = "".join(ions(f"s{i}", "PEPMASS=195.0877\nADDUCT=[M+H]+\n", f"{50 + i % 97}.1 {i + 1}\n138.0662 100\n") for i in range(4000))
    packed = gzip.compress(whole.encode())
    (tmp_path / "cut.mgf.gz").write_bytes(packed[: len(packed) // 2])
    done = identify(bank, tmp_path / "cut.mgf.gz", "--top-k", "1")
    rows = table(done.stdout)
    assert done.returncode == 1 and sum(r["status"] == "ranked" for r in rows) > 100
    assert rows[-1]["status"] == "skipped" and "trunc" in rows[-1]["reason"].lower(), rows[-1]
    (tmp_path / "cut.mgf").write_text((CAFFEINE + THEOPHYLLINE)[:-12])
    done = identify(bank, tmp_path / "cut.mgf")
    assert done.returncode == 1 and table(done.stdout)[0]["name"] == "caffeine"


@needs_model
@pytest.mark.parametrize("title, keys, peaks", [("not a number", "PEPMASS=195.0877\n", "nan 5\n"), ("negative", "PEPMASS=195.0877\n", "100.0 -5\n"),
                                               ("empty", "PEPMASS=195.0877\n", ""), ("zero precursor", "PEPMASS=0\n", "100.0 5\n"),
                                               ("huge precursor", "PEPMASS=1e7\n", "100.0 5\n"), ("words", "PEPMASS=195.0877\n", "ab cd\n")])
def test_bad_spectra_are_skipped_with_a_reason(bank, tmp_path, title, keys, peaks):
    (tmp_path / "in.mgf").write_text(ions(title, keys + "ADDUCT=[M+H]+\n", peaks) + CAFFEINE)
    done = identify(bank, tmp_path / "in.mgf", "--top-k", "1")
    rows = table(done.stdout)
    assert done.returncode == 1 and len(rows) == 2
    assert rows[0]["query_id"] == title and rows[0]["status"] == "skipped" and rows[0]["reason"]
    assert rows[1]["name"] == "caffeine"


@needs_model
def test_spectrum_of_a_million_peaks(bank, tmp_path):
    peaks = "".join(f"{50 + i * 0.0009:.4f} {1 + i * 7919 % 1000}\n" for i in range(1_000_000))
    (tmp_path / "in.mgf").write_text(ions("million", "PEPMASS=195.0877\nADDUCT=[M+H]+\n", peaks) + CAFFEINE)
    rows = table(identify(bank, tmp_path / "in.mgf", "--top-k", "1").stdout)
    assert len(rows) == 2 and rows[0]["status"] in ("ranked", "skipped") and rows[1]["status"] == "ranked"


@needs_model
def test_unwritable_outputs(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE)
    assert identify(bank, tmp_path / "in.mgf", "-o", "/proc/nowhere/hits.tsv").returncode == 6
    assert identify(bank, tmp_path / "in.mgf", "-o", "/dev/full").returncode == 6
    with open("/dev/full", "wb") as full:
        done = subprocess.run([binary(), "identify", tmp_path / "in.mgf", "--bank", bank, "--model", MODEL], stdout=full, stderr=subprocess.PIPE,
                              timeout=300, check=False)
    assert done.returncode == 6 and b"standard output" in done.stderr
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([binary(), "identify", tmp_path / "in.mgf", "--bank", bank, "--model", MODEL], stdout=writer, stderr=subprocess.PIPE,
                          timeout=300, check=False)
    os.close(writer)
    assert done.returncode == 6


@needs_model
def test_failed_run_keeps_the_old_result(bank, tmp_path):
    (tmp_path / "hits.tsv").write_text("precious\n")
    assert identify(bank, tmp_path / "absent.mgf", "-o", tmp_path / "hits.tsv").returncode == 3
    assert (tmp_path / "hits.tsv").read_text() == "precious\n"
    assert [p.name for p in tmp_path.iterdir()] == ["hits.tsv"]


@needs_model
def test_interrupt_ends_with_130_and_leaves_nothing(bank, tmp_path):
    process = subprocess.Popen([binary(), "identify", "-", "--bank", bank, "--model", MODEL, "-o", tmp_path / "hits.tsv"], stdin=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    deadline = time.time() + 60
    line = b""
    while b"device" not in line and time.time() < deadline:
        line = process.stderr.readline()
    process.stdin.write(CAFFEINE.encode() * 2000)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    try:
        process.stdin.write(CAFFEINE.encode() * 2000)
        process.stdin.close()
    except BrokenPipeError:
        pass
    process.stderr.read()
    assert process.wait(timeout=60) == 130
    assert list(tmp_path.iterdir()) == []


@needs_model
def test_quiet_says_nothing(bank, tmp_path):
    (tmp_path / "in.mgf").write_text(CAFFEINE)
    done = identify(bank, tmp_path / "in.mgf", "--quiet")
    assert done.returncode == 0 and done.stderr == b"" and len(table(done.stdout)) == 1


def test_help_starts_with_an_example():
    done = molbridge("identify", "--help")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[0].strip().startswith("molbridge identify") or "molbridge identify" in "".join(
        done.stdout.decode().splitlines(True)[:3])


@needs_model
@pytest.mark.skipif(not (ROOT / "examples" / "spectra.mgf").exists(), reason="no examples")
def test_examples_with_the_example_molecules(tmp_path):
    built = molbridge("bank", "build", ROOT / "examples" / "molecules.tsv", "-o", tmp_path / "bank")
    assert built.returncode == 0, built.stderr.decode()
    done = identify(tmp_path / "bank", ROOT / "examples" / "spectra.mgf")
    assert done.returncode == 0, done.stderr.decode()
    rows = table(done.stdout)
    assert len({r["query_index"] for r in rows}) >= 12
    assert all(r["status"] == "ranked" for r in rows)
