"""molbridge model tokens: ids of the original tokenizers through the real binary."""

from conftest import ROOT

GOLDEN = ROOT / "tests/golden/tokenizers"


def ids(run, folder, text, *more, **kwargs):
    done = run("model", "tokens", folder, "-", *more, stdin=text, **kwargs)
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert header == "line\ttokens\tunknown\ttruncated\tids"
    return [row.split("\t") for row in rows], done.stderr


def test_every_line_gets_a_row_and_empty_ones_the_special_tokens(run):
    rows, summary = ids(run, GOLDEN / "esm", "MKT\n\nMKT\n")
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[0][4] == "0 20 15 11 2" and rows[1][4] == "0 2" and rows[2][4] == rows[0][4]
    assert "3 texts, 12 tokens, 0 unknown" in summary


def test_plain_leaves_out_special_tokens_and_max_tokens_cuts(run):
    assert ids(run, GOLDEN / "esm", "MKT\n", "--plain")[0][0][4] == "20 15 11"
    row = ids(run, GOLDEN / "esm", "MKTMKT\n", "--max-tokens", "4")[0][0]
    assert row[1] == "4" and row[3] == "1"


def test_a_folder_without_tokenizer_is_an_error_with_a_remedy(run, tmp_path):
    done = run("model", "tokens", tmp_path, "-", stdin="C\n")
    assert done.returncode == 4 and "tokenizer" in done.stderr
