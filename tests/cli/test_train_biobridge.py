"""BioBridge with the real programs: training on a small graph, kill and resume, bad configs, the model that comes out."""

import random

import pytest

from conftest import ROOT, many_smiles, run_through_kills
from small_models import write_bert

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def write_graph(folder):
    """Compounds bind genes and treat diseases, genes are associated with diseases: 40, 30 and 20 nodes, and a few without what an encoder needs."""
    rng = random.Random(5)
    nodes = ["node_id\ttype\tname\ttext\tsmiles\tsequence\thas_modality\tlicence_ok"]
    for i, smiles in enumerate(many_smiles(40)):
        nodes.append(f"C:{i}\tcompound\tcompound {i}\t\t{smiles}\t\t1\t1")
    nodes.append("C:bad\tcompound\tnot a molecule\t\tC1CC(\t\t1\t1")
    for i in range(30):
        nodes.append(f"G:{i}\tgene_protein\tgene {i}\t\t\t{''.join(rng.choices(RESIDUES, k=30 + i))}\t1\t1")
    nodes.append("G:none\tgene_protein\tno sequence\t\t\t\t0\t1")
    for i in range(20):
        nodes.append(f"D:{i}\tdisease\tdisease {i}\tName: disease {i}. Definition: of organ {i % 5}\t\t\t1\t1")
    edges = ["head\trelation\ttail\tlicence_ok"]
    seen = set()
    for name, (head, count), (tail, others), rows in [("binds", ("C", 40), ("G", 30), 120), ("treats", ("C", 40), ("D", 20), 60),
                                                      ("associates", ("G", 30), ("D", 20), 60)]:
        for _ in range(rows):
            edge = (f"{head}:{rng.randrange(count)}", name, f"{tail}:{rng.randrange(others)}")
            if edge not in seen:
                edges.append("\t".join(edge) + "\t1")
            seen.add(edge)
    edges += ["C:bad\tbinds\tG:1\t1", "C:1\tbinds\tG:none\t1", "C:2\tbinds\tG:29\t0"]
    (folder / "nodes.tsv").write_text("\n".join(nodes) + "\n")
    (folder / "edges.tsv").write_text("\n".join(edges) + "\n")


CONFIG = """
kind = "biobridge"
name = "tiny"
seed = 3
[graph]
nodes = "{folder}/nodes.tsv"
edges = ["{folder}/edges.tsv"]
[encoders]
molecule = "morgan:radius=2,bits=64"
protein = "composition"
text = "{folder}/bert"
[bridge]
width = 16
layers = 1
heads = 2
feed_forward = 24
[loss]
in_batch = true
negatives = 3
[validation]
share = 0.1
[train]
epochs = 8
batch_size = 32
learning_rate = 3e-3
schedule = "linear"
warmup_share = 0.1
log_every = 1
checkpoint_every_seconds = 0.0
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("biobridge")
    write_graph(folder)
    write_bert(folder / "bert")
    (folder / "config.toml").write_text(CONFIG.format(folder=folder))
    return folder


@pytest.fixture(scope="module")
def trained(work, run):
    done = run("train", "--config", work / "config.toml", "-o", work / "run")
    assert done.returncode == 0, done.stderr
    return done


def test_training_says_what_it_left_out(trained):
    said = trained.stdout + trained.stderr
    assert "compound: 40 nodes by the molecule encoder, 1 without a vector" in said
    assert "1 edges left out: an end has no vector" in said
    assert "1 edges left out: an end that no encoder takes" in said
    assert "1 edges left out: licence not open" in said


def test_the_model_names_its_graph_and_encoders(work, trained):
    manifest = (work / "run/model/model.toml").read_text()
    assert 'kind = "biobridge"' in manifest
    assert "compound|binds|gene_protein" in manifest
    assert 'molecule = "morgan:radius=2,bits=64"' in manifest
    for modality in ("molecule", "protein", "text"):
        digest = next(line for line in manifest.splitlines() if line.startswith(f"{modality}_digest"))
        assert len(digest.split('"')[1]) == 64
    assert "selected_by = \"mrr\"" in manifest


def test_learning_rate_falls_in_a_line(work, trained):
    lines = (work / "run/metrics.tsv").read_text().splitlines()
    column = lines[0].split("\t").index("learning_rate")
    rates = [float(line.split("\t")[column]) for line in lines[1:]]
    top = rates.index(max(rates)) + 1  # the last step of the warm-up and the first after it are at the top
    falls = [a - b for a, b in zip(rates[top:], rates[top + 1:])]
    assert len(falls) > 10
    assert max(falls) - min(falls) < 1e-6


def test_a_killed_run_ends_with_the_same_bytes(work, trained, binary):
    command = [binary, "train", "--config", str(work / "config.toml"), "-o", str(work / "killed")]
    run_through_kills(command, 0.35, 0.15)
    for file in ("model/model.toml", "model/weights.safetensors", "metrics.tsv", "validation.tsv"):
        assert (work / "killed" / file).read_bytes() == (work / "run" / file).read_bytes(), file


@pytest.mark.parametrize("setting, said", [
    ("encoders.text=", "encoders.text names no encoder"),
    ("bridge.heads=5", "no multiple of bridge.heads"),
    ("train.schedule=step", "cosine or linear"),
    ("graph.leave_out_relations=['bind']", "binds"),
    ("graph.reverse=both", "none, same or own"),
    ("bridge.wdith=3", "bridge.width"),
])
def test_bad_settings_are_refused(work, run, tmp_path, setting, said):
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "run", "--set", setting)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr


def test_types_left_out_need_no_encoder(work, run, tmp_path):
    done = run("train", "--config", work / "config.toml", "-o", tmp_path / "run", "--set", "encoders.text=", "--set", "graph.leave_out_types=['disease']",
               "--set", "train.epochs=1", "--set", "graph.reverse=own")
    assert done.returncode == 0, done.stderr
    manifest = (tmp_path / "run/model/model.toml").read_text()
    assert "gene_protein|reverse:binds|compound" in manifest and "disease" not in manifest



def test_a_checkpoint_of_the_published_layout_becomes_a_model(run, tmp_path):
    done = run("model", "import", ROOT / "tests/golden/relation/bridge.bin", "-o", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    manifest = (tmp_path / "model/model.toml").read_text()
    assert 'kind = "biobridge"' in manifest
    assert 'modalities = ["molecule", "protein", "", "text"]' in manifest  # the third has no projection
    assert "heads = 3" in manifest


def test_a_checkpoint_of_unknown_types_is_refused(run, tmp_path):
    (tmp_path / "bridge.bin").write_bytes((ROOT / "tests/golden/relation/bridge.bin").read_bytes())
    done = run("model", "import", tmp_path / "bridge.bin", "-o", tmp_path / "model")
    assert done.returncode == 4
    assert "has 4 rows, and there are 10 names" in done.stderr and "config.json" in done.stderr
    assert not (tmp_path / "model").exists()
