"""TransE, DistMult, ComplEx and RotatE with the real binary on a small graph made up here: trained, evaluated, killed and resumed; baselines."""

import json

import pytest

from conftest import run_through_kills

KINDS = ("transe", "distmult", "complex", "rotate")
HUBS, LEAVES = 6, 60
CONFIG = """
kind = "{kind}"
name = "tiny"
seed = 5
[graph]
nodes = "{folder}/nodes.tsv"
edges = ["{folder}/edges_train.tsv"]
licence_ok = false
[bridge]
width = 16
[loss]
margin = 4.0
negatives = 32
[validation]
share = 0.0
[train]
epochs = {epochs}
batch_size = 32
learning_rate = 0.05
warmup_share = 0.0
log_every = 5
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Every leaf belongs to a hub and, by a second relation, likes the same hub: an edge of one relation follows from the other."""
    folder = tmp_path_factory.mktemp("graph-embedding")
    nodes = [f"H{i}\thub\thub {i}\tName: hub {i}." for i in range(HUBS)] + [f"L{i}\tleaf\tleaf {i}\tName: leaf {i}." for i in range(LEAVES)]
    (folder / "nodes.tsv").write_text("node_id\ttype\tname\ttext\n" + "".join(row + "\n" for row in nodes))
    train, held_out = [], []
    for i in range(LEAVES):
        train.append(f"L{i}\tbelongs_to\tH{i % HUBS}")
        (held_out if i % 5 == 0 else train).append(f"L{i}\tlikes\tH{i % HUBS}")
    for name, rows in (("train", train), ("test", held_out)):
        (folder / f"edges_{name}.tsv").write_text("head\trelation\ttail\n" + "".join(row + "\n" for row in rows))
    for kind in KINDS:
        (folder / f"{kind}.toml").write_text(CONFIG.format(kind=kind, folder=folder, epochs=60))
    return folder


def evaluate(run, work, tmp_path, *model):
    done = run("graph", "evaluate", "--graph", work, "--edges", work / "edges_test.tsv", *model, "-o", tmp_path / "links.json")
    assert done.returncode == 0, done.stderr
    return json.loads((tmp_path / "links.json").read_text())


def mrr(report):
    rows = report["tables"]["summary"] if isinstance(report.get("tables"), dict) else report["summary"]
    return rows[0]["mrr"]


@pytest.mark.parametrize("kind", KINDS)
def test_train_smallGraph_findsHeldOutEdges(kind, run, work, tmp_path):
    done = run("train", "--config", work / f"{kind}.toml", "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "108 training edges of 2 relations between 66 of 66 nodes" in done.stderr
    report = evaluate(run, work, tmp_path, "--model", tmp_path / "run" / "model")
    assert mrr(report) > 80, report  # chance: 41 %


def test_train_killedAndResumed_givesTheSameBytes(binary, run, work, tmp_path):
    (tmp_path / "long.toml").write_text(CONFIG.format(kind="rotate", folder=work, epochs=400) + "checkpoint_every_steps = 20\n")
    done = run("train", "--config", tmp_path / "long.toml", "-o", tmp_path / "whole")
    assert done.returncode == 0, done.stderr
    run_through_kills([binary, "train", "--config", str(tmp_path / "long.toml"), "-o", str(tmp_path / "cut")], 1.0, 0.5)
    for name in ("model/weights.safetensors", "model/nodes.tsv", "metrics.tsv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes(), name


def test_train_unknownRelationLeftOut_namesTheNearest(run, work, tmp_path):
    done = run("train", "--config", work / "transe.toml", "-o", tmp_path / "run", "--set", "graph.leave_out_relations=['like']")
    assert done.returncode == 2
    assert '"like" is not in the graph' in done.stderr and "likes" in done.stderr


def test_evaluate_relationThatTheModelHasNot_isRefused(run, work, tmp_path):
    done = run("train", "--config", work / "distmult.toml", "-o", tmp_path / "run", "--set", "graph.leave_out_relations=['likes']",
               "--set", "train.epochs=1")
    assert done.returncode == 0, done.stderr
    done = run("graph", "evaluate", "--graph", work, "--edges", work / "edges_test.tsv", "--model", tmp_path / "run" / "model")
    assert done.returncode == 4 and "likes" in done.stderr


def test_evaluate_baselines_withoutTraining(run, work, tmp_path):
    degree = mrr(evaluate(run, work, tmp_path, "--baseline", "degree"))
    assert 0 < degree < 60
    done = run("graph", "evaluate", "--graph", work, "--edges", work / "edges_test.tsv", "--baseline", "neighbours")
    assert done.returncode == 2 and "no encoder of text nodes" in done.stderr
    done = run("graph", "evaluate", "--graph", work, "--edges", work / "edges_test.tsv")
    assert done.returncode == 2 and "exactly one of --model and --baseline" in done.stderr
