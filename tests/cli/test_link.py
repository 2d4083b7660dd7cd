"""link with the real binary: a bridge learned here on a small graph, nodes and new entities, evidence for prompts, bad input."""

import csv
import io
import json

import pytest

from conftest import many_smiles
from small_models import write_bert
from test_train_biobridge import CONFIG, write_graph

ENCODER = "morgan:radius=2,bits=64"


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("link")
    write_graph(folder)
    write_bert(folder / "bert")
    (folder / "config.toml").write_text(CONFIG.format(folder=folder).replace("epochs = 8", "epochs = 2"))
    done = run("train", "--config", folder / "config.toml", "-o", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def link(run, work):
    def call(*args, **more):
        graph = ["--graph", work / "nodes.tsv", "--graph", work / "edges.tsv"]
        return run("link", *args, "--model", work / "run/model", *graph, "--cache", work / "cache", **more)

    return call


def rows_of(done):
    assert done.returncode in (0, 1), done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout), delimiter="\t", quoting=csv.QUOTE_NONE))


def edges_of(work, head, relation):
    lines = (work / "edges.tsv").read_text().splitlines()[1:]
    return {line.split("\t")[2] for line in lines if line.split("\t")[:2] == [head, relation]}


def test_a_node_ranks_all_nodes_of_the_type_and_known_edges_are_marked(link, work):
    rows = rows_of(link("C:3", "--relation", "binds", "--to", "gene_protein", "--top-k", "100"))
    assert len(rows) == 30 == int(rows[0]["num_candidates"]), "the gene without a sequence is left out"
    assert {row["node_id"] for row in rows if row["known"] == "yes"} == edges_of(work, "C:3", "binds")
    assert all("binds (edges.tsv)" in row["edges"] for row in rows if row["known"] == "yes")
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert "1 without structure, sequence or text" in link("C:3", "--relation", "binds").stderr


def test_a_name_and_an_id_are_the_same_node(link):
    by_id = rows_of(link("C:3", "--relation", "treats"))
    by_name = rows_of(link("Compound 3", "--relation", "treats"))
    assert by_id == by_name
    assert by_id[0]["to"] == "disease", "where the relation leads"
    assert by_id[0]["definition"].startswith("of organ")


def test_known_edges_can_be_left_out_and_ranks_stay(link):
    everything = rows_of(link("C:3", "--relation", "binds", "--top-k", "100"))
    new = rows_of(link("C:3", "--relation", "binds", "--top-k", "5", "--exclude-known"))
    assert [(row["node_id"], row["rank"]) for row in new] == [(row["node_id"], row["rank"]) for row in everything if row["known"] == "no"][:5]


def test_new_entities_are_encoded_on_the_fly(link):
    molecule = rows_of(link("--smiles", "CCOC(=O)c1ccccc1N", "--relation", "treats", "--top-k", "3"))
    assert molecule[0]["query_type"] == "compound" and len(molecule) == 3
    protein = rows_of(link("--sequence", "MKTAYIAKQRQISFVKSHFSRQ", "--relation", "associates", "--top-k", "2"))
    assert protein[0]["query_type"] == "gene_protein" and len(protein) == 2


def test_a_structure_that_is_a_node_is_told_and_has_its_scores(link):
    as_node = rows_of(link("C:3", "--relation", "binds", "--top-k", "100"))
    smiles = many_smiles(40)[3]
    as_structure = rows_of(link("--smiles", smiles, "--relation", "binds", "--top-k", "100"))
    assert [row["node_id"] for row in as_structure] == [row["node_id"] for row in as_node]
    assert [row["score"] for row in as_structure] == [row["score"] for row in as_node]
    assert [row["known"] for row in as_structure] == [row["known"] for row in as_node]
    assert "the structure is the node C:" in as_structure[0]["reason"]


def test_a_structure_that_is_none_is_skipped_with_its_reason(link):
    done = link("--smiles", "C1CC(", "--relation", "treats")
    assert done.returncode == 1
    row = rows_of(done)[0]
    assert row["status"] == "skipped" and row["reason"]


def test_a_bank_is_ranked_instead_of_the_nodes(link, run, work):
    smiles = many_smiles(40)
    (work / "molecules.tsv").write_text("smiles\tname\n" + "".join(f"{s}\tm{i}\n" for i, s in enumerate(smiles + ["CCCCCCO"])))
    assert run("bank", "build", work / "molecules.tsv", "--encoder", ENCODER, "-o", work / "bank").returncode in (0, 1)
    done = link("D:1", "--relation", "treats", "--to", "compound", "--zero-shot", "--bank", work / "bank", "--top-k", "1000")
    rows = rows_of(done)
    assert len(rows) == int(rows[0]["num_candidates"])
    nodes = rows_of(link("D:1", "--relation", "treats", "--to", "compound", "--zero-shot", "--top-k", "1000"))
    scores = {row["node_id"]: float(row["score"]) for row in nodes}
    compared = [(float(row["score"]), scores[row["node_id"]]) for row in rows if row["node_id"] in scores]
    assert len(compared) >= 30
    assert all(abs(a - b) < 1e-4 for a, b in compared), "a bank and a table of nodes give the same scores"


def test_json_is_evidence_for_a_prompt(link, work):
    done = link("C:3", "--relation", "binds", "--top-k", "30", "--format", "json")
    told = json.loads(done.stdout)
    assert "no probability" in told["how_to_read"]["scores"]
    assert len(told["graph"]["digest"]) == 64 and told["model"]["digest"]
    assert told["candidates_ranked"]["without_content"] == 1
    query = told["queries"][0]
    assert (query["query"], query["query_type"], query["query_node_id"], query["relation"]) == ("compound 3", "compound", "C:3", "binds")
    known = {hit["node_id"] for hit in query["candidates"] if hit["known"]}
    assert known == edges_of(work, "C:3", "binds")
    for hit in query["candidates"]:
        assert hit["sentence"].startswith("Known:" if hit["known"] else "Predicted, not in the graph:")
        assert f"rank {hit['rank']} of 30" in hit["sentence"]


def test_a_file_of_nodes_skips_what_it_cannot_read(link, work):
    (work / "list.txt").write_text("C:3\nq2\tcompound 4\nnobody\nC:none\n")
    done = link("--nodes", work / "list.txt", "--relation", "treats", "--top-k", "1")
    assert done.returncode == 1
    rows = rows_of(done)
    assert [(row["query_id"], row["status"]) for row in rows] == [("1", "ranked"), ("q2", "ranked"), ("3", "skipped"), ("4", "skipped")]
    assert "nobody" in rows[2]["reason"]


def test_threads_and_cache_change_nothing(link):
    once = link("C:3", "--relation", "treats", "--threads", "1").stdout
    assert link("C:3", "--relation", "treats", "--threads", "3").stdout == once


@pytest.mark.parametrize("args, code, said", [
    (("compund 3", "--relation", "treats"), 3, "compound 3"),
    (("C:3", "--relation", "treat"), 3, "did you mean \"treats\""),
    (("C:3", "--relation", "treats", "--to", "diseas"), 3, "disease"),
    (("G:3", "--relation", "treats", "--to", "disease"), 3, "gene_protein associates disease"),
    (("--relation", "treats"), 2, "nothing to link"),
    (("C:3",), 2, "--relation"),
    (("C:3", "--relation", "treats", "--type", "disease"), 2, "--type"),
    (("--smiles", "CCO", "--relation", "treats", "--type", "disease"), 2, "compound"),
])
def test_what_is_unknown_gives_the_nearest(link, args, code, said):
    done = link(*args)
    assert done.returncode == code, done.stderr
    assert said in done.stderr


def test_zero_shot_only_when_asked_for(link):
    refused = link("G:3", "--relation", "treats", "--to", "disease")
    assert refused.returncode == 3 and "--zero-shot" in refused.stderr
    rows = rows_of(link("G:3", "--relation", "treats", "--to", "disease", "--zero-shot"))
    assert rows[0]["status"] == "ranked" and "zero-shot" in rows[0]["reason"]
