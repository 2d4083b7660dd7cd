"""The frame of the command line: help, usage errors, and where options come from."""

import os
import re
import subprocess
import tomllib

import pytest


def subcommands(run, path=()):
    """All commands that run, as tuples of words, found by walking the help."""
    text = run(*path, "--help").stdout
    if "\nCommands:\n" not in text:
        return [path]
    listing = text.split("\nCommands:\n")[1].split("\n\n")[0]
    names = re.findall(r"^  ([a-z][a-z-]*)", listing, re.MULTILINE)
    assert names
    return [command for name in names for command in subcommands(run, (*path, name))]


def test_alone_prints_overview_and_fails(run):
    done = run()
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Commands:" in done.stderr and "convert" in done.stderr
    assert len(done.stderr.splitlines()) <= 40, "one screen"


def test_help_states_exit_codes(run):
    done = run("--help")
    assert done.returncode == 0
    for code in ["0 ok", "1 finished", "2 usage", "3 input", "4 model", "5 no device", "6 output", "70 ", "130 interrupted"]:
        assert code in done.stdout


def test_version(run):
    for arguments in (["--version"], ["version"]):
        done = run(*arguments)
        assert done.returncode == 0
        assert re.fullmatch(r"molbridge \d+\.\d+\.\d+", done.stdout.splitlines()[0])


def test_help_of_every_subcommand_starts_with_an_example(run):
    commands = subcommands(run)
    assert ("convert",) in commands and ("bank", "build") in commands
    for command in commands:
        done = run(*command, "--help")
        assert done.returncode == 0
        assert done.stdout.startswith("Example: molbridge " + " ".join(command)), command
        assert "Usage: molbridge " + " ".join(command) in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 130, command


def test_help_wins_over_missing_and_wrong_arguments(run):
    assert run("bank", "build", "--help", "--no-such-option").returncode == 0


def test_command_group_alone_lists_its_commands(run):
    done = run("bank")
    assert done.returncode == 2
    assert "build" in done.stderr and "search" in done.stderr


@pytest.mark.parametrize(
    "arguments, guess",
    [
        (["convert", "a.mgf", "--form", "mgf"], "--from"),
        (["bank", "search", "x", "--pmm", "5"], "--ppm"),
        (["bank", "search", "x", "--pmm=5"], "--ppm"),
        (["bank", "build", "x", "--encodr", "ecfp4"], "--encoder"),
        (["convrt", "a.mgf"], "convert"),
        (["bank", "serch", "x"], "search"),
        (["--versoin"], "--version"),
        (["identfy", "--help"], "identify"),
    ],
)
def test_typo_gets_the_nearest_name(run, arguments, guess):
    done = run(*arguments)
    assert done.returncode == 2
    assert f"did you mean {guess}?" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["convert"], "missing INPUT"),
        (["bank", "build", "x.tsv"], "missing --output"),
        (["bank", "search", "x", "--top-k", "ten"], "'ten' is not a whole number"),
        (["bank", "search", "x", "--top-k", "0"], "between 1"),
        (["bank", "search", "x", "--top-k", "-3"], "in range"),
        (["bank", "search", "x", "--top-k", "99999999999999999999"], "whole number"),
        (["bank", "search", "x", "--ppm", "nan"], "not a number"),
        (["bank", "search", "x", "--ppm", "1e400"], "not a number"),
        (["bank", "search", "x", "--ppm"], "--ppm"),
        (["bank", "info", "x", "y"], "unexpected argument 'y'"),
        (["bank", "info", "x", "--format", "xml"], "one of text, json"),
        (["bank", "build", "x", "-o", "y", "--memory", "lots"], "a size such as"),
        (["bank", "build", "x", "-o", "y", "--dtype", "int4"], "one of auto, bits"),
        (["bank", "build", "x", "-o", "y", "--encoder", "magic"], "Known encoders"),
    ],
)
def test_wrong_use_exits_2_and_says_why(run, arguments, words):
    done = run(*arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert done.stderr.startswith("molbridge: ")


def test_unknown_encoder_is_refused_before_inputs_are_read(run, tmp_path):
    assert run("bank", "build", tmp_path / "missing.tsv", "-o", tmp_path / "b", "--encoder", "magic").returncode == 2


def resolved(done):
    assert done.returncode == 0, done.stderr
    return tomllib.loads(done.stdout)


def test_flag_wins_over_environment_over_config_over_default(run, tmp_path):
    config = tmp_path / "search.toml"
    config.write_text('dir = "from-config"\nppm = 3\ntop_k = 33\nformat = "json"\n')
    base = ["bank", "search", "--print-config"]
    assert resolved(run(*base, "d"))["ppm"] == 10
    with_config = resolved(run(*base, "--config", config))
    assert (with_config["dir"], with_config["ppm"], with_config["top_k"], with_config["format"]) == ("from-config", 3, 33, "json")
    env = {"MOLBRIDGE_PPM": "4", "MOLBRIDGE_TOP_K": "44"}
    with_env = resolved(run(*base, "--config", config, env=env))
    assert (with_env["ppm"], with_env["top_k"], with_env["format"]) == (4, 44, "json")
    with_flag = resolved(run(*base, "here", "--config", config, "--ppm", "5", env=env))
    assert (with_flag["dir"], with_flag["ppm"], with_flag["top_k"]) == ("here", 5, 44)


def test_flag_can_be_set_by_environment_and_config(run, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text("keep_stereo = true\n")
    base = ["bank", "build", "m.tsv", "-o", "b", "--print-config"]
    assert resolved(run(*base))["keep_stereo"] is False
    assert resolved(run(*base, "--config", config))["keep_stereo"] is True
    assert resolved(run(*base, "--config", config, env={"MOLBRIDGE_KEEP_STEREO": "no"}))["keep_stereo"] is False
    done = run(*base, env={"MOLBRIDGE_KEEP_STEREO": "perhaps"})
    assert done.returncode == 2 and "MOLBRIDGE_KEEP_STEREO" in done.stderr


def test_empty_environment_variable_counts_as_absent(run):
    assert resolved(run("bank", "search", "d", "--print-config", env={"MOLBRIDGE_PPM": ""}))["ppm"] == 10


def test_help_names_the_environment_variable_and_default(run):
    text = run("bank", "search", "--help").stdout
    assert "MOLBRIDGE_TOP_K" in text and "[10]" in text


@pytest.mark.parametrize(
    "command, arguments",
    [
        (["convert"], ["a.mgf", "-", "odd \"name\" \\ é.msp", "--to", "msp", "-o", "out.msp", "--keep-profile"]),
        (["bank", "build"], ["m.tsv", "n.sdf", "-o", "b", "--memory", "1536M", "--encoder", "ecfp4", "--threads", "3"]),
        (["bank", "search"], ["d", "--mass", "194.0803755", "--ppm", "2.5", "--top-k", "7", "--format", "json"]),
        (["bank", "search"], ["d", "--smiles", "C[C@H](N)C(=O)O"]),
        (["bank", "info"], ["d", "--check"]),
    ],
)
def test_print_config_reads_back_as_config(run, tmp_path, command, arguments):
    first = run(*command, *arguments, "--print-config")
    values = resolved(first)
    saved = tmp_path / "saved.toml"
    saved.write_text(first.stdout)
    again = run(*command, "--config", saved, "--print-config")
    assert again.returncode == 0, again.stderr
    assert again.stdout == first.stdout
    for argument in arguments:
        if not argument.startswith("-") and not argument.replace(".", "").isdigit():
            assert argument in str(values) or repr(argument)[1:-1] in str(values)


def test_print_config_does_not_run(run, tmp_path):
    folder = tmp_path / "bank"
    assert run("bank", "build", tmp_path / "missing.tsv", "-o", folder, "--print-config").returncode == 0
    assert not folder.exists()


def test_unknown_config_key_names_line_and_nearest(run, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text("ppm = 5\ntopk = 3\n")
    done = run("bank", "search", "d", "--config", config, "--print-config")
    assert done.returncode == 2
    assert f"{config}:2: unknown key topk (did you mean top_k?)" in done.stderr


@pytest.mark.parametrize(
    "text, words",
    [
        ("ppm = \n", "not valid TOML"),
        ('ppm = "ten"\n', "must be a number"),
        ("ppm = -1\n", "between 0"),
        ("top_k = 1.5\n", "whole number"),
        ('format = "xml"\n', "one of tsv, json"),
    ],
)
def test_bad_config_exits_2(run, tmp_path, text, words):
    config = tmp_path / "c.toml"
    config.write_text(text)
    done = run("bank", "search", "d", "--config", config, "--print-config")
    assert done.returncode == 2
    assert words in done.stderr and str(config) in done.stderr


def test_missing_config_exits_3(run, tmp_path):
    done = run("bank", "info", "d", "--config", tmp_path / "none.toml")
    assert done.returncode == 3 and "none.toml" in done.stderr


def test_later_flag_wins(run):
    assert resolved(run("bank", "search", "d", "--ppm", "1", "--ppm", "2", "--print-config"))["ppm"] == 2


def test_name_of_a_command_can_be_an_input(run, tmp_path):
    done = run("convert", "version", cwd=tmp_path)
    assert done.returncode == 3 and "version" in done.stderr


def test_double_dash_ends_the_options(run, mgf, tmp_path):
    target = tmp_path / "dash.mgf"
    os.rename(mgf, target)
    assert run("convert", "-o", tmp_path / "o.msp", "--", target).returncode == 0


@pytest.mark.parametrize("command", [["--help"], ["version"], ["convert", "--help"]])
def test_full_standard_output_exits_6(binary, command):
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 6
    assert "No space left" in done.stderr
