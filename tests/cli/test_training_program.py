"""molbridge hands commands that need LibTorch to molbridge-train beside it: nobody should notice, but for a clear word when it is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import clean_environment


@pytest.fixture
def alone(binary, tmp_path):
    """The program without the one beside it."""
    (tmp_path / "bin").mkdir()
    return Path(shutil.copy(binary, tmp_path / "bin/molbridge"))


def call(program, *args, **more):
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=120, env=clean_environment(), **more)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('kind = "fingerprint-ffn"\n[data]\ntrain = ["nowhere.mgf"]\n')
    return path


def test_missing_isSaidWithTheRemedy(alone, config):
    done = call(alone, "train", "--config", config)
    assert done.returncode == 5
    assert "molbridge-train, which is not installed" in done.stderr
    assert "tools/build.sh release molbridge-train" in done.stderr


def test_missing_helpAndUsageErrorsAreThereAllTheSame(binary, alone):
    for args in (["train", "--help"], ["train", "--confg", "x"], ["train"]):
        expected, got = call(binary, *args), call(alone, *args)
        assert (got.returncode, got.stdout, got.stderr) == (expected.returncode, expected.stdout, expected.stderr)
    assert "--restart" in call(alone, "train", "--help").stdout


def test_otherCommands_needNoCompanion(alone, mgf, tmp_path):
    assert call(alone, "convert", mgf, "-o", tmp_path / "out.msp").returncode == 0


def test_companionIsFoundInLibexec(binary, alone, config):
    libexec = alone.parents[1] / "libexec/molbridge"
    libexec.mkdir(parents=True)
    shutil.copy(Path(binary).parent / "molbridge-train", libexec)
    done = call(alone, "train", "--config", config)
    assert done.returncode == 3 and "nowhere.mgf" in done.stderr


def test_companionIsFoundThroughALink(binary, config, tmp_path):
    os.symlink(binary, tmp_path / "mb")
    assert call(tmp_path / "mb", "train", "--config", config).returncode == 3


def test_companionThatCannotStart_isSaid(alone, config):
    (alone.parent / "molbridge-train").write_text("no program")
    done = call(alone, "train", "--config", config)
    assert done.returncode == 5
    assert "molbridge-train" in done.stderr and "cannot be started" in done.stderr


def test_argumentsReachTheCompanionUnchanged(alone, config):
    companion = alone.parent / "molbridge-train"
    companion.write_text('#!/bin/sh\nprintf "%s|" "$@"\nexit 42\n')
    companion.chmod(0o755)
    args = ["train", "--config", str(config), "--set", "a b=\"c\"", "-q"]
    done = call(alone, *args)
    assert (done.returncode, done.stdout) == (42, "|".join(args) + "|")


def test_trainingProgram_isTheWholeCommandLine(binary, mgf, tmp_path):
    program = Path(binary).parent / "molbridge-train"
    assert call(program, "--help").stdout == call(binary, "--help").stdout
    assert call(program, "convert", mgf, "-o", tmp_path / "out.msp").returncode == 0


def test_molbridge_loadsNoLibTorch(binary):
    libraries = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    assert "libtorch" not in libraries and "libc10" not in libraries
