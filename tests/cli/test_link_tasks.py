"""graph evaluate-pairs and evaluate-sets with the real binary: figures that are counted again from the scores."""

import csv
import io
import json

import pytest

from conftest import many_smiles
from small_models import write_bert
from test_train_biobridge import CONFIG, write_graph


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("link_tasks")
    write_graph(folder)
    write_bert(folder / "bert")
    (folder / "config.toml").write_text(CONFIG.format(folder=folder).replace("epochs = 8", "epochs = 1"))
    done = run("train", "--config", folder / "config.toml", "-o", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder


def nodes(work):
    with open(work / "nodes.tsv") as file:
        return {row["node_id"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def test_pairs_area_is_that_of_the_scores(run, work):
    genes = [node["sequence"] for node in nodes(work).values() if node.get("sequence")][:6]
    pairs = [(smiles, gene, (i + j) % 3 == 0) for i, smiles in enumerate(many_smiles(10)) for j, gene in enumerate(genes)]
    (work / "pairs.tsv").write_text("head\ttail\tlabel\tset\n" + "".join(f"{s}\t{g}\t{int(l)}\t{'ab'[int(l)]}\n" for s, g, l in pairs)
                                    + f"C1CC(\t{genes[0]}\t1\ta\n")
    done = run("graph", "evaluate-pairs", work / "pairs.tsv", "--model", work / "run/model", "--relation", "binds:compound:gene_protein",
               "--scores", work / "scores.tsv", "--cache", work / "cache", "--resamples", "20", "-o", "-")
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    with open(work / "scores.tsv") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["score"]]
    assert len(rows) == len(pairs), "the pair whose structure does not parse has no score"
    right = [float(row["score"]) for row in rows if row["label"] == "1"]
    wrong = [float(row["score"]) for row in rows if row["label"] == "0"]
    area = sum((a > b) + 0.5 * (a == b) for a in right for b in wrong) / (len(right) * len(wrong))
    assert report["groups"][0]["auroc"] == pytest.approx(area, abs=1e-6)
    assert (report["groups"][0]["pairs"], report["groups"][0]["failed"]) == (len(pairs), 1)


def test_sets_precision_is_that_of_the_first_hit(run, work):
    edges = [line.split("\t") for line in (work / "edges.tsv").read_text().splitlines()[1:]]
    answers = [(edge[0], edge[2]) for edge in edges if edge[1] == "treats"]
    texts = {key: node["text"] for key, node in nodes(work).items() if key.startswith("D:")}
    (work / "answers.tsv").write_text("head\ttail\n" + "".join(f"{h}\t{t}\n" for h, t in answers))
    (work / "tails.tsv").write_text("id\ttext\tname\n" + "".join(f"{key}\t{text}\t{key}\n" for key, text in texts.items()))
    graph = ["--graph", work / "nodes.tsv", "--graph", work / "edges.tsv"]
    done = run("graph", "evaluate-sets", work / "answers.tsv", "--tails", work / "tails.tsv", "--model", work / "run/model", *graph,
               "--relation", "treats:compound:disease", "--cache", work / "cache", "--resamples", "20", "-o", "-")
    assert done.returncode == 0, done.stderr
    figures = {(f["scorer"], f["measure"], f["k"]): f for f in json.loads(done.stdout)["figures"]}
    heads, candidates = {h for h, _ in answers}, {t for _, t in answers}
    first = 0
    for head in heads:
        hits = run("link", head, "--relation", "treats", "--to", "disease", "--model", work / "run/model", *graph, "--top-k", "100",
                   "--cache", work / "cache")
        rows = csv.DictReader(io.StringIO(hits.stdout), delimiter="\t", quoting=csv.QUOTE_NONE)
        first += next((head, row["node_id"]) in answers for row in rows if row["node_id"] in candidates)
    found = figures[("model", "precision", 1)]
    assert found["queries"] == len(heads)
    assert found["mean"] == pytest.approx(100 * first / len(heads), abs=1e-3)
