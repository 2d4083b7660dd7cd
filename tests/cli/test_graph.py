"""molbridge graph: counts, faults of the files, folds that share nothing, leaks that were put in, PrimeKG."""

import csv
import io
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT / "../shared/data/kg"

NODES = ["node_id\ttype\tname\tsmiles\tinchikey14\tsequence\ttext"]
NODES += [f"C::{k}\tcompound\tdrug {k}\t{'C' * (k + 1)}O\tKEY{k // 2:011d}\t\t" for k in range(60)]
NODES += [f"G::{k}\tgene_protein\tgene {k}\t\t\t{'MKV' * (k + 1) if k % 3 else ''}\t" for k in range(40)]
NODES += [f"D::{k}\tdisease\tdisease {k}\t\t\t\tName: disease {k}." for k in range(10)]
EDGES = ["head\trelation\ttail\tlicence_ok"]
EDGES += [f"C::{k}\tbinds\tG::{(k * j) % 40}\t{int(j == 1)}" for k in range(60) for j in (1, 2) if j == 1 or (k * j) % 40 != k % 40]
EDGES += [f"C::{k}\ttreats\tD::{k % 10}\t1" for k in range(60)]
EDGES += [f"G::{k}\tinteracts\tG::{(k + 1) % 40}\t1" for k in range(40)]


def table(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture
def graph(tmp_path):
    (tmp_path / "nodes.tsv").write_text("\n".join(NODES) + "\n")
    (tmp_path / "edges.tsv").write_text("\n".join(EDGES) + "\n")
    return tmp_path


def test_info_counts_by_relation_and_type(run, graph):
    done = run("graph", "info", graph)
    assert done.returncode == 0, done.stderr
    rows = {row["relation"]: row for row in table(done.stdout)}
    assert rows["treats"]["edges"] == "60" and rows["interacts"]["symmetric"] == "1"
    assert int(rows["binds"]["licence_ok"]) == 60
    report = json.loads(run("graph", "info", graph / "nodes.tsv", graph / "edges.tsv", "--format", "json").stdout)
    genes = next(row for row in report["types"] if row["type"] == "gene_protein")
    assert genes["nodes"] == 40 and genes["with_modality"] == 26
    assert report["findings"] == []


def test_licence_filter(run, graph):
    report = json.loads(run("graph", "info", graph, "--licence-ok", "--format", "json").stdout)
    assert report["left_out_by_licence"] == sum(line.endswith("\t0") for line in EDGES)


def test_faults_are_told_with_file_and_line(run, graph):
    with open(graph / "edges.tsv", "a", encoding="utf-8") as file:
        file.write("C::1\tbinds\tG::99\t1\nC::1\ttreats\tD::1\t1\nG::1\tinteracts\tG::1\t1\nbroken\n")
    with open(graph / "nodes.tsv", "ab") as file:
        file.write(b"D::10\tdisease\tcaf\xe9\t\t\t\tx\nC::1\tcompound\tagain\t\t\t\t\n")
    done = run("graph", "info", graph)
    assert done.returncode == 0
    for text in ("1 x dangling edge", "1 x duplicate edge", "1 x self edge", "1 x unreadable row", "1 x row that is not UTF-8", "1 x duplicate node"):
        assert text in done.stderr, done.stderr
    assert f"edges.tsv:{len(EDGES) + 1}: C::1 binds G::99" in done.stderr


def test_nothing_to_read_is_an_error(run, tmp_path, graph):
    assert run("graph", "info", tmp_path / "none").returncode == 2
    (tmp_path / "bad.tsv").write_text("head\trel\ttail\n")
    done = run("graph", "info", graph / "nodes.tsv", tmp_path / "bad.tsv")
    assert done.returncode == 3 and 'no column "relation"' in done.stderr and "bad.tsv:1" in done.stderr
    (tmp_path / "bad.tsv").write_bytes(b"\x1f\x8b\x08\x00broken")
    assert run("graph", "info", graph / "nodes.tsv", tmp_path / "bad.tsv").returncode == 3


@pytest.mark.parametrize("by", ["head-nodes", "edges"])
def test_split_has_no_leak_and_repeats(run, graph, tmp_path, by):
    arguments = ["graph", "split", graph, "--by", by, "--test-share", "0.2", "--val-share", "0.1"]
    done = run(*arguments, "-o", tmp_path / "a")
    assert done.returncode == 0, done.stderr
    counts = {row["fold"]: int(row["edges"]) for row in table(done.stdout)}
    assert sum(counts.values()) == len(EDGES) - 1 and counts["test"] > 0 and counts["train"] > counts["test"]
    assert run(*arguments, "-o", tmp_path / "b").returncode == 0
    for name in ("nodes.tsv", "edges_train.tsv", "edges_val.tsv", "edges_test.tsv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    check = run("graph", "check", tmp_path / "a")
    assert check.returncode == 0, check.stdout + check.stderr
    train = table((tmp_path / "a/edges_train.tsv").read_text())
    ends = {row["head"] for row in train} | {row["tail"] for row in train}
    if by == "edges":
        joined = {row["head"] for row in table("\n".join(EDGES))} | {row["tail"] for row in table("\n".join(EDGES))}
        assert ends == joined
    else:
        held_out = {row["node_id"] for row in table((tmp_path / "a/nodes.tsv").read_text()) if row["split"] in ("val", "test")}
        assert held_out and not held_out & ends


def test_check_finds_leaks_put_in(run, graph, tmp_path):
    assert run("graph", "split", graph, "-o", tmp_path / "split").returncode == 0
    edges = tmp_path / "split/edges_test.tsv"
    with open(edges, "a", encoding="utf-8") as file:
        file.write((tmp_path / "split/edges_train.tsv").read_text().splitlines()[1] + "\n")
        interacts = next(row for row in table((tmp_path / "split/edges_train.tsv").read_text()) if row["relation"] == "interacts")
        file.write(f"{interacts['tail']}\tinteracts\t{interacts['head']}\t1\t\n")
    done = run("graph", "check", tmp_path / "split")
    assert done.returncode == 1
    rows = {row["leak"]: row for row in table(done.stdout)}
    assert rows["same edge"]["count"] == "1" and rows["mirrored edge"]["count"] == "1"
    assert interacts["head"] in rows["mirrored edge"]["first"]


def test_check_needs_both_sides(run, graph):
    done = run("graph", "check", graph)
    assert done.returncode == 2 and "--held-out" in done.stderr


def test_import_primekg(run, tmp_path):
    header = "relation,display_relation,x_index,x_id,x_type,x_name,x_source,y_index,y_id,y_type,y_name,y_source\n"
    gene, drug = "0,9796,gene/protein,PHYHIP,NCBI", '1,DB1,drug,"acid, ""pure""",DrugBank'
    (tmp_path / "kg.csv").write_text(header + f"drug_protein,target,{drug},{gene}\n" + f"drug_protein,target,{gene},{drug}\n")
    (tmp_path / "smiles.tsv").write_text("node_id\tsmiles\nDrugBank:DB1\tCCO\n")
    done = run("graph", "import", "primekg", tmp_path / "kg.csv", "--content", tmp_path / "smiles.tsv", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "1 x mirrored edge" in done.stderr
    assert table((tmp_path / "out/edges.tsv").read_text()) == [
        {"head": "DrugBank:DB1", "relation": "target", "tail": "NCBI:9796", "licence_ok": "1", "held_out": ""}
    ]
    nodes = table((tmp_path / "out/nodes.tsv").read_text())
    assert nodes[0]["name"] == 'acid, "pure"' and nodes[0]["smiles"] == "CCO" and nodes[0]["has_modality"] == "1"
    both = run("graph", "import", "primekg", tmp_path / "kg.csv", "--both-directions", "-o", tmp_path / "both")
    assert both.returncode == 0 and len(table((tmp_path / "both/edges.tsv").read_text())) == 2


def test_evaluate_without_a_model_is_exit_4(run, graph):
    done = run("graph", "evaluate", "--graph", graph, "--edges", graph / "edges.tsv", "--model", graph / "none")
    assert done.returncode == 4, done.stderr


def test_real_graph_holds_what_its_page_says(run):
    if not REAL.exists():
        pytest.skip(f"{REAL} is not here")
    report = json.loads(run("graph", "check", REAL, "--format", "json").stdout)
    assert report["edges"] == 958445 + 97429 and report["training_edges"] == 958445
    leaks = {row["leak"]: row["count"] for row in report["leaks"]}
    assert leaks["same edge"] == leaks["mirrored edge"] == leaks["held-out node in train"] == leaks["same molecule or sequence"] == 0
    assert report["findings"] == []
