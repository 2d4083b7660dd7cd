"""molbridge bank build cut off at many points: the old bank or a build that continues, and the same bytes in the end."""

import json
import signal
import subprocess
import time

import pytest
from conftest import clean_environment, many_smiles

ROWS = 4000
CHECKPOINT = ["--checkpoint-rows", "250"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Rows with a bad one in every hundred, so that the list of rejected rows is put to the test as well."""
    rows = many_smiles(ROWS)
    for i in range(50, ROWS, 100):
        rows[i] = f"C1CC bad{i}"
    path = tmp_path_factory.mktemp("source") / "m.smi"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def expected(run, source, tmp_path_factory):
    """The bank of an uninterrupted build."""
    folder = tmp_path_factory.mktemp("expected") / "bank"
    assert run("bank", "build", source, "-o", folder).returncode == 1
    return folder_bytes(folder)


def folder_bytes(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def rows_safe(folder):
    """Rows of the last checkpoint, 0 before the first."""
    try:
        return find_number(json.loads((folder.parent / (folder.name + ".partial") / "state.json").read_text()), "input_rows")
    except (FileNotFoundError, json.JSONDecodeError):
        return 0


def find_number(value, key):
    if not isinstance(value, dict):
        return 0
    return value.get(key, 0) or max((find_number(inner, key) for inner in value.values()), default=0)


def start(binary, source, folder):
    command = [binary, "bank", "build", str(source), "-o", str(folder), "--threads", "1", *CHECKPOINT]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=clean_environment())


def stop_after(process, folder, rows, how):
    """Sends the signal once so many rows are safe. True when the process was still at work then."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if rows_safe(folder) >= rows:
            process.send_signal(how)
            break
        time.sleep(0.002)
    process.wait(timeout=120)
    return process.returncode not in (0, 1)


def test_killed_builds_continue_to_the_same_bytes(run, binary, source, expected, tmp_path):
    folder = tmp_path / "bank"
    kills = 0
    for rows in (250, 1000, 1750, 3000):
        process = start(binary, source, folder)
        kills += stop_after(process, folder, rows, signal.SIGKILL)
        process.stderr.close()
        assert not folder.exists() or folder_bytes(folder) == expected
    assert kills >= 2, "the builds ended before they could be killed: raise ROWS"
    done = run("bank", "build", source, "-o", folder)
    assert done.returncode == 1
    assert "continuing after" in done.stderr
    assert "4,000 rows read: 3,960 parsed, 40 rejected" in done.stderr
    assert folder_bytes(folder) == expected
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bank"], "nothing is left over"


def test_kill_leaves_the_old_bank_usable(run, binary, source, molecules, tmp_path):
    folder = tmp_path / "bank"
    assert run("bank", "build", molecules, "-o", folder).returncode == 0
    before = folder_bytes(folder)
    process = start(binary, source, folder)
    assert stop_after(process, folder, 500, signal.SIGKILL)
    process.stderr.close()
    assert folder_bytes(folder) == before
    assert run("bank", "info", folder, "--check").returncode == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_keeps_everything_exits_130_and_says_how_to_continue(run, binary, source, expected, tmp_path, how):
    folder = tmp_path / "bank"
    process = start(binary, source, folder)
    assert stop_after(process, folder, 500, how)
    said = process.stderr.read()
    process.stderr.close()
    assert process.returncode == 130, said
    assert "rows are kept in" in said and "Run the same command again to continue" in said
    assert rows_safe(folder) >= 500
    assert run("bank", "build", source, "-o", folder).returncode == 1
    assert folder_bytes(folder) == expected


def interrupted_build(binary, source, folder):
    process = start(binary, source, folder)
    assert stop_after(process, folder, 500, signal.SIGKILL)
    process.stderr.close()


def test_changed_input_starts_anew_and_says_so(run, binary, source, tmp_path):
    own = tmp_path / "m.smi"
    own.write_bytes(source.read_bytes())
    folder = tmp_path / "bank"
    interrupted_build(binary, own, folder)
    own.write_text("CCO\nCCN\n")
    done = run("bank", "build", own, "-o", folder)
    assert done.returncode == 0, done.stderr
    assert "starting anew" in done.stderr and "continuing" not in done.stderr
    assert "2 rows read: 2 parsed" in done.stderr


def test_other_options_start_anew(run, binary, source, tmp_path):
    folder = tmp_path / "bank"
    interrupted_build(binary, source, folder)
    done = run("bank", "build", source, "-o", folder, "--dtype", "float16")
    assert "starting anew" in done.stderr
    assert done.returncode == 1 and "4,000 rows read" in done.stderr


def test_restart_forgets_the_unfinished_build(run, binary, source, expected, tmp_path):
    folder = tmp_path / "bank"
    interrupted_build(binary, source, folder)
    done = run("bank", "build", source, "-o", folder, "--restart")
    assert done.returncode == 1 and "continuing" not in done.stderr
    assert folder_bytes(folder) == expected


def test_lost_list_of_rejected_rows_starts_anew(run, binary, source, expected, tmp_path):
    folder = tmp_path / "bank"
    interrupted_build(binary, source, folder)
    (tmp_path / "bank.rejected.tsv").unlink()
    assert run("bank", "build", source, "-o", folder).returncode == 1
    assert folder_bytes(folder) == expected


def test_copied_input_of_the_same_content_continues(run, binary, source, expected, tmp_path):
    folder = tmp_path / "bank"
    interrupted_build(binary, source, folder)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / source.name).write_bytes(source.read_bytes())
    done = run("bank", "build", tmp_path / "copy" / source.name, "-o", folder)
    assert "continuing after" in done.stderr
    without_list = lambda files: {name: content for name, content in files.items() if name != "rejected.tsv"}
    assert without_list(folder_bytes(folder)) == without_list(expected), "the list names the file by its path"


def test_two_builds_of_one_bank_at_a_time_are_refused(run, binary, source, tmp_path):
    folder = tmp_path / "bank"
    process = start(binary, source, folder)
    while rows_safe(folder) < 250 and process.poll() is None:
        time.sleep(0.002)
    done = run("bank", "build", source, "-o", folder)
    process.kill()
    process.wait()
    process.stderr.close()
    assert done.returncode == 6 and "process" in done.stderr
