"""Thin bridges with the real binary, on pairs made up here: learning, closed forms, resume after a kill, what is refused."""

import random
from pathlib import Path

import pytest

from conftest import ROOT, run_through_kills
from small_models import read_safetensors, write_bert

NUM_MOLECULES = 48
KINDS = ["kinase inhibitor", "receptor agonist", "channel blocker", "reductase inhibitor"]


def example_molecules():
    lines = (ROOT / "examples/molecules.tsv").read_text().splitlines()
    smiles = lines[0].split("\t").index("smiles")
    return [line.split("\t")[smiles] for line in lines[1:]]


def words_of(smiles):
    """What the text says of the structure, so that there is something to learn."""
    chance = random.Random(smiles)
    said = [name for sign, name in (("N", "amine"), ("=O", "carbonyl"), ("c1", "aromatic"), ("S", "sulfur"), ("Cl", "chloro"), ("F", "fluoro"))
            if sign in smiles]
    return " ".join([*said, chance.choice(KINDS), f"site {chance.randrange(1000)}"])


def table(rows):
    return "smiles\ttarget_key\tquery_text\tquery_short\tfold\n" + "".join("\t".join(row) + "\n" for row in rows)


def row(smiles, fold="train"):
    text = words_of(smiles)
    return smiles, "T" + str(sum(map(ord, text)) % 9), f"a drug, {text}, of humans", text, fold


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("thin_bridge")
    molecules = [s for s in example_molecules() if "." not in s][100:100 + NUM_MOLECULES]
    train, held_out = molecules[:40], molecules[40:]
    (folder / "pairs.tsv").write_text(table([row(s) for s in train] + [row(s, "val") for s in held_out]))
    (folder / "leak.tsv").write_text(table([row(train[3])]))
    other_target = [(train[3], "T77", "another story", "another", "train")]
    (folder / "other_target.tsv").write_text(table(other_target))
    (folder / "config.toml").write_text(f"""
kind = "thin-bridge"
name = "tiny"
seed = 5
[data]
train = ["{folder}/pairs.tsv?fold=train"]
held_out = ["{folder}/pairs.tsv?fold=val"]
text_columns = ["query_text", "query_short"]
[molecule]
encoder = "morgan:radius=2,bits=512"
[text]
encoder = "tfidf"
[bridge]
width = 32
[validation]
share = 0.15
[train]
epochs = 60
sampler = "grouped"
batch_size = 16
learning_rate = 3e-3
log_every = 2
checkpoint_every_seconds = 0.0
""")
    return folder


def train(run, work, output, *settings, config="config.toml"):
    options = [part for setting in settings for part in ("--set", setting)]
    return run("train", "--config", work / config, "-o", output, *options)


def column(path, name):
    lines = [line.split("\t") for line in Path(path).read_text().splitlines()]
    return [float(line[lines[0].index(name)]) for line in lines[1:]]


@pytest.fixture(scope="module")
def trained(run, work):
    done = train(run, work, work / "trained")
    assert done.returncode == 0, done.stderr
    return work / "trained"


def test_training_lowers_the_loss_and_writes_a_whole_model(trained):
    losses = column(trained / "metrics.tsv", "loss")
    assert losses[-1] < 0.6 * losses[0]
    assert {"loss.contrastive", "loss.margin"} <= set((trained / "metrics.tsv").read_text().splitlines()[0].split("\t"))
    tensors, _ = read_safetensors(trained / "model/weights.safetensors")
    assert tensors["molecule.weight"][1] == [32, 512] and tensors["text.weight"][1][0] == 32
    manifest = (trained / "model/model.toml").read_text()
    for key in ("kind = \"thin-bridge\"", "encoder = \"tfidf:tfidf.tsv\"", "method = \"trained\"", "encoder_digest"):
        assert key in manifest, manifest
    assert (trained / "model/tfidf.tsv").exists() and (trained / "model/training_molecules.tsv").exists()
    assert "mrr" in (trained / "validation.tsv").read_text()


def test_killed_runs_end_with_the_same_model(binary, work, trained):
    output = work / "killed"
    run_through_kills([binary, "train", "--config", str(work / "config.toml"), "-o", str(output)], 0.6, 0.15)
    for file in ("model.toml", "weights.safetensors", "tfidf.tsv"):
        assert (output / "model" / file).read_bytes() == (trained / "model" / file).read_bytes(), file
    assert (output / "metrics.tsv").read_bytes() == (trained / "metrics.tsv").read_bytes()


@pytest.mark.parametrize("method, width", [("cca", 32), ("ridge", 512)])
def test_closed_forms_write_the_same_kind_of_model(run, work, method, width):
    output = work / method
    done = train(run, work, output, f"bridge.method={method}", "cca.ridge=0.1")
    assert done.returncode == 0, done.stderr
    assert "held-out pairs: mrr" in done.stdout + done.stderr
    tensors, _ = read_safetensors(output / "model/weights.safetensors")
    assert tensors["molecule.weight"][1] == [width, 512]
    assert tensors["molecule.bias"][1] == [width], "the means are in the bias"
    again = train(run, work, output, f"bridge.method={method}", "cca.ridge=0.1")
    assert again.returncode == 0 and len(column(output / "validation.tsv", "mrr")) == 1


def test_molecule_on_both_sides_is_refused_unless_the_split_is_by_pairs(run, work):
    train_too = f"data.train=['{work}/pairs.tsv?fold=train', '{work}/leak.tsv']"
    held_out = f"data.held_out=['{work}/other_target.tsv']"
    refused = train(run, work, work / "refused", held_out)
    assert refused.returncode == 2 and "stand in both" in refused.stderr and "data.disjoint" in refused.stderr
    assert not (work / "refused/model").exists()
    allowed = train(run, work, work / "allowed", train_too, held_out, "data.disjoint=pair", "train.epochs=1")
    assert allowed.returncode == 0, allowed.stderr


def test_text_network_is_used_through_a_cache_that_grows(run, work):
    bert = work / "bert"
    write_bert(bert)
    setting = f"text.encoder={bert}?pooling=mean"
    first = train(run, work, work / "bert_a", setting, "train.epochs=1", f"train.cache_folder={work}/cache")
    assert first.returncode == 0, first.stderr
    files = {path: path.stat().st_size for path in (work / "cache").rglob("*") if path.is_file()}
    assert files
    second = train(run, work, work / "bert_b", setting, "train.epochs=1", f"train.cache_folder={work}/cache")
    assert second.returncode == 0, second.stderr
    assert {path: path.stat().st_size for path in (work / "cache").rglob("*") if path.is_file()} == files
    assert (work / "bert_a/model/weights.safetensors").read_bytes() == (work / "bert_b/model/weights.safetensors").read_bytes()
    assert "pooling=mean" in (work / "bert_a/model/model.toml").read_text()


def test_words_and_a_network_stand_side_by_side(run, work):
    bert, moved = work / "bert_for_both", work / "bert_moved"
    write_bert(bert)
    output = work / "both"
    settings = (f"text.encoder=tfidf + 0.5*{bert}?pooling=mean", "train.epochs=2", f"train.cache_folder={work}/both_cache")
    done = train(run, work, output, *settings)
    assert done.returncode == 0, done.stderr
    manifest = (output / "model/model.toml").read_text()
    assert f'encoder = "tfidf:tfidf.tsv + 0.5*{bert}?pooling=mean"' in manifest and "part_digests" in manifest
    terms = int((output / "model/tfidf.tsv").read_text().splitlines()[3].split("\t")[1])
    tensors, _ = read_safetensors(output / "model/weights.safetensors")
    assert tensors["text.weight"][1][1] > terms
    assert len(list((work / "both_cache").rglob("*.vectors"))) == 1, "the network's part alone is kept"
    bert.rename(moved)
    query = ["search", "--molecule", "CCO", "--texts", work / "pairs.tsv", "--model", output / "model", "--cache", work / "cache"]
    missing = run(*query)
    assert missing.returncode == 4 and "--text-encoder DIR" in missing.stderr
    found = run(*query, "--text-encoder", moved)
    assert found.returncode == 0 and len(found.stdout.splitlines()) > 2, found.stderr
    refused = run(*query, "--text-encoder", f"{moved}?pooling=cls")
    assert refused.returncode == 4 and "part 2 of the text encoder" in refused.stderr


def test_excerpts_of_sentences_stand_in_for_texts(run, work):
    rows = [(s, t, text.replace(", ", ". One of ") + ".", short, fold) for s, t, text, short, fold in
            (row(s) for s in [s for s in example_molecules() if "." not in s][100:140])]
    (work / "sentences.tsv").write_text(table(rows))
    data = (f"data.train=['{work}/sentences.tsv?text=query_text']", "data.held_out=[]", "train.epochs=2")
    logs = {}
    for share in ("0", "0.5"):
        done = train(run, work, work / f"sentences_{share}", *data, f"augment.sentences={share}")
        assert done.returncode == 0, done.stderr
        logs[share] = done.stdout + done.stderr
    assert "excerpts of sentences" in logs["0.5"] and "excerpts of sentences" not in logs["0"]
    models = [work / f"sentences_{share}/model" for share in ("0", "0.5")]
    assert models[0].joinpath("tfidf.tsv").read_bytes() == models[1].joinpath("tfidf.tsv").read_bytes(), "learned from whole texts"
    assert models[0].joinpath("weights.safetensors").read_bytes() != models[1].joinpath("weights.safetensors").read_bytes()


def test_rows_are_chosen_by_column(run, work):
    setting = f"data.train=['{work}/pairs.tsv?where=fold=train,where=target_key!=T0,where=target_key!=T1']"
    done = train(run, work, work / "where", setting, "train.epochs=1")
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in (work / "pairs.tsv").read_text().splitlines()[1:]]
    left_out = sum(line[4] != "train" or line[1] in ("T0", "T1") for line in lines)
    assert 0 < left_out < len(lines) and f"{left_out} skipped: left out by where" in done.stdout + done.stderr


def test_next_is_what_measures_a_text_bridge(run, work):
    done = train(run, work, work / "next", "bridge.method=ridge")
    assert "next: molbridge pairs evaluate PAIRS --model" in done.stdout + done.stderr


@pytest.mark.parametrize("setting, said", [
    ("text.encoder=", "text.encoder names no encoder"),
    ("text.encoder=no/such/folder", "no/such/folder"),
    ("molecule.encoder=morgen", "morgen"),
    ("bridge.method=pls", "trained, cca or ridge"),
    ("loss.positives=all", "mean, sum or own"),
    ("data.disjoint=drug", "molecule, scaffold, target or pair"),
    ("data.train=['x.tsv?weight=-1']", "weight must be a number above 0"),
    ("loss.aplha=1", "loss.alpha"),
    ("text.encoder=tfidf +  + tfidf", "a part is empty"),
    ("molecule.encoder=ecfp4 + ecfp4", "ecfp4 + ecfp4"),
    ("augment.sentences=1.5", "augment.sentences"),
    ("data.train=['x.tsv?where=licence']", "COLUMN!=VALUE"),
])
def test_wrong_settings_name_the_right_ones(run, work, setting, said):
    done = train(run, work, work / "wrong", setting)
    assert done.returncode in (2, 4), done.stderr
    assert said in done.stderr
