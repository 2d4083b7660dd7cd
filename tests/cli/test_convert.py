"""molbridge convert: round trips, totals, and what damaged spectra get."""

import gzip
import json
import os
import re
import stat
import subprocess

import pytest
from conftest import ROOT, SMALL_MGF, clean_environment

DATA = ROOT / "../shared/data"


def convert_to_json(run, *arguments, **more):
    done = run("convert", *arguments, "--to", "json", **more)
    return done, json.loads(done.stdout) if done.stdout else None


def essence(spectra):
    """What every format must carry."""
    keys = ["precursor_mz", "precursor_intensity", "charge", "ion_mode", "adduct", "rt_seconds", "peaks"]
    return [{key: spectrum.get(key) for key in keys} for spectrum in spectra]


def values_of(spectrum):
    return {field["value"] for field in spectrum["fields"]}


def test_json_holds_what_the_mgf_says(run, mgf):
    done, spectra = convert_to_json(run, mgf)
    assert done.returncode == 0
    first, second = spectra
    assert first["id"] == "caffeine"
    assert first["precursor_mz"] == 195.0877 and first["precursor_intensity"] == 1000
    assert first["adduct"] == "[M+H]+" and first["rt_seconds"] == 61.5 and first["charge"] == 1
    assert first["peaks"] == [[110.0713, 20], [138.0662, 100], [195.0877, 55.25]]
    assert "kept as it is" in values_of(first)
    assert second["ion_mode"] == "negative" and second["charge"] == -1
    assert "2 spectra read: 2 written, 0 skipped" in done.stderr


@pytest.mark.parametrize("route", [["mgf"], ["msp"], ["json"], ["msp", "mgf"], ["json", "msp", "mgf", "json"]])
def test_round_trip_loses_nothing(run, mgf, tmp_path, route):
    _, before = convert_to_json(run, mgf)
    path = mgf
    for step, ending in enumerate(route):
        target = tmp_path / f"step{step}.{ending}"
        done = run("convert", path, "-o", target)
        assert done.returncode == 0, done.stderr
        path = target
    _, after = convert_to_json(run, path)
    assert essence(after) == essence(before)
    for old, new in zip(before, after):
        assert values_of(old) <= values_of(new)


def test_format_follows_the_ending_and_to_wins(run, mgf, tmp_path):
    assert run("convert", mgf, "-o", tmp_path / "a.msp").returncode == 0
    assert "Num Peaks" in (tmp_path / "a.msp").read_text()
    assert run("convert", mgf, "-o", tmp_path / "b.msp", "--to", "mgf").returncode == 0
    assert "BEGIN IONS" in (tmp_path / "b.msp").read_text()
    done = run("convert", mgf, "-o", tmp_path / "a.xyz")
    assert done.returncode == 2 and "mgf" in done.stderr
    assert not (tmp_path / "a.xyz").exists()


def test_standard_input_and_output(run):
    done = run("convert", "-", "-o", "-", stdin=SMALL_MGF)
    assert done.returncode == 0
    assert done.stdout.count("BEGIN IONS") == 2


def test_gz_by_content_also_on_standard_input(run, tmp_path):
    packed = gzip.compress(SMALL_MGF.encode())
    path = tmp_path / "no-telling-name"
    path.write_bytes(packed)
    assert run("convert", path).stdout.count("BEGIN IONS") == 2
    done = run("convert", "-", stdin=packed, binary_io=True)
    assert done.stdout.count(b"BEGIN IONS") == 2


def test_standard_input_twice_is_refused(run):
    assert run("convert", "-", "-", stdin=SMALL_MGF).returncode == 2


def test_several_inputs_become_one_output(run, mgf, tmp_path):
    done = run("convert", mgf, mgf, "-o", tmp_path / "both.mgf")
    assert done.returncode == 0
    assert (tmp_path / "both.mgf").read_text().count("BEGIN IONS") == 4


def test_quiet_says_nothing(run, mgf, tmp_path):
    assert run("convert", mgf, "-o", tmp_path / "a.mgf", "--quiet").stderr == ""


@pytest.mark.parametrize(
    "name, peaks",
    [
        ("nan", "100.0 nan\n110.0 5\n"),
        ("negative", "100.0 -3\n"),
        ("empty", ""),
        ("zero", "0 5\n"),
        ("words", "100.0 many\n"),
    ],
)
def test_bad_peaks_skip_the_record_or_are_dropped_and_the_next_is_kept(run, tmp_path, name, peaks):
    path = tmp_path / f"{name}.mgf"
    path.write_text(f"BEGIN IONS\nTITLE=bad\nPEPMASS=200\n{peaks}END IONS\n" + SMALL_MGF)
    done = run("convert", path)
    assert done.returncode in (0, 1)
    assert done.stdout.count("TITLE=caffeine") == 1
    bad_is_written = "TITLE=bad" in done.stdout
    assert bad_is_written == (done.returncode == 0)
    if not bad_is_written:
        assert "3 spectra read: 2 written, 1 skipped" in done.stderr
    assert "nan" not in done.stdout and "-3" not in done.stdout


def test_missing_end_ions_keeps_the_neighbours(run, tmp_path):
    path = tmp_path / "cut.mgf"
    path.write_text("BEGIN IONS\nTITLE=open\nPEPMASS=200\n100.0 1\n" + SMALL_MGF)
    done = run("convert", path)
    assert done.returncode == 1
    assert "TITLE=caffeine" in done.stdout
    assert f"{path}:" in done.stderr


@pytest.mark.parametrize("cut", [-1, -8, 0.5])
def test_truncated_gz_gives_what_came_before_and_exit_1(run, tmp_path, cut):
    packed = gzip.compress((SMALL_MGF * 200).encode(), compresslevel=0)
    keep = int(len(packed) * cut) if isinstance(cut, float) else len(packed) + cut
    path = tmp_path / "cut.mgf.gz"
    path.write_bytes(packed[:keep])
    done = run("convert", path, "-o", tmp_path / "out.mgf")
    assert done.returncode == 1, done.stderr
    written = (tmp_path / "out.mgf").read_text()
    assert written.count("BEGIN IONS") == written.count("END IONS") > 0
    assert "trunc" in done.stderr or "ends" in done.stderr


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 40, b"\x1f\x8b\x08\x00garbage", b"hello world\n", b"\n\n\n"])
def test_what_is_no_spectrum_file_exits_3_and_writes_nothing(run, tmp_path, content):
    path = tmp_path / "garbage"
    path.write_bytes(content)
    done = run("convert", path, "-o", tmp_path / "out.mgf")
    assert done.returncode == 3, done.stderr
    assert str(path) in done.stderr
    assert not (tmp_path / "out.mgf").exists()


def test_missing_input_exits_3(run, tmp_path):
    done = run("convert", tmp_path / "none.mgf")
    assert done.returncode == 3 and "none.mgf" in done.stderr and done.stdout == ""


def test_one_unreadable_input_of_two_exits_1(run, mgf, tmp_path):
    done = run("convert", tmp_path / "none.mgf", mgf)
    assert done.returncode == 1
    assert done.stdout.count("BEGIN IONS") == 2
    assert "not read: " in done.stderr and "none.mgf" in done.stderr


def test_skipped_list_has_every_record(run, tmp_path):
    path = tmp_path / "empty.mgf"
    path.write_text("".join(f"BEGIN IONS\nTITLE=e{i}\nPEPMASS=100\nEND IONS\n" for i in range(30)))
    listing = tmp_path / "skipped.tsv"
    done = run("convert", path, "--skipped", listing)
    assert done.returncode == 1
    rows = listing.read_text().splitlines()
    assert rows[0].split("\t") == ["source", "line", "index", "id", "reason"]
    assert len(rows) == 31 and rows[30].split("\t")[3] == "e29"
    assert "skipped 30: " in done.stderr, "one line per reason, not per record"


def test_spectrum_with_a_million_peaks(run, tmp_path):
    path = tmp_path / "many.mgf"
    peaks = "".join(f"{50 + i * 0.013:.4f} {1 + i % 97}\n" for i in range(1_000_000))
    path.write_text(f"BEGIN IONS\nTITLE=many\nPEPMASS=200\n{peaks}END IONS\n" + SMALL_MGF)
    done = run("convert", path)
    assert done.returncode in (0, 1)
    assert "TITLE=caffeine" in done.stdout
    assert ("TITLE=many" in done.stdout) == (done.returncode == 0)


@pytest.mark.parametrize("target", ["/dev/full", "/proc/out.mgf", "/dev/null/out.mgf"])
def test_output_that_cannot_be_written_exits_6(run, mgf, target):
    done = run("convert", mgf, "--to", "mgf", "-o", target)
    assert done.returncode == 6, done.stderr
    assert target in done.stderr


def test_full_standard_output_exits_6(binary, mgf):
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary, "convert", mgf], stdout=full, stderr=subprocess.PIPE, text=True, env=clean_environment())
    assert done.returncode == 6


def test_failure_leaves_the_old_output(run, mgf, tmp_path):
    target = tmp_path / "old.mgf"
    target.write_text("precious")
    assert run("convert", tmp_path / "none.mgf", "-o", target).returncode == 3
    assert target.read_text() == "precious"
    assert [p.name for p in tmp_path.glob("*.tmp")] == []


def test_device_as_output_stays_a_device(run, mgf):
    assert run("convert", mgf, "--to", "mgf", "-o", "/dev/null").returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


needs_data = pytest.mark.skipif(not (DATA / "mzml").exists(), reason="reference data (../shared/data) is not here")


@needs_data
@pytest.mark.parametrize("name, code", [("mzmine_171103_PMA_TK_QC_04.mzML", 0), ("psi_tiny.pwiz.1.1.mzML", None)])
def test_real_mzml_totals_add_up(run, tmp_path, name, code):
    done = run("convert", DATA / "mzml" / name, "-o", tmp_path / "o.mgf")
    assert done.returncode in ((code,) if code is not None else (0, 1)), done.stderr
    numbers = re.search(r"([\d,]+) spectra read: ([\d,]+) written, ([\d,]+) skipped", done.stderr)
    read, written, skipped = (int(n.replace(",", "")) for n in numbers.groups())
    assert read == written + skipped
    assert (tmp_path / "o.mgf").read_text().count("BEGIN IONS") == written


@needs_data
@pytest.mark.parametrize("name", ["openms_corrupt.mzML", "recetox_mbr_truncated.mzml"])
def test_damaged_mzml_ends_with_a_documented_code(run, tmp_path, name):
    done = run("convert", DATA / "mzml" / name, "-o", tmp_path / "o.mgf")
    assert done.returncode in (1, 3), done.stderr
    assert name in done.stderr


@needs_data
@pytest.mark.parametrize("packed", [False, True])
def test_cut_mzml_gives_what_came_before_and_exit_1(run, tmp_path, packed):
    content = (DATA / "mzml/mzmine_171103_PMA_TK_QC_04.mzML").read_bytes()
    cut = gzip.compress(content, 1) if packed else content
    path = tmp_path / ("cut.mzML.gz" if packed else "cut.mzML")
    path.write_bytes(cut[: len(cut) // 2])
    done = run("convert", path, "-o", tmp_path / "o.mgf")
    assert done.returncode == 1, done.stderr
    assert (tmp_path / "o.mgf").read_text().count("BEGIN IONS") > 50
    assert str(path) in done.stderr
