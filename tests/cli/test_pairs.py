"""molbridge pairs: what is in a table of molecules with texts, drug mechanisms of ChEMBL, and how well texts find molecules."""

import csv
import gzip
import io
import json

import pytest

# Structures and mechanisms of common drugs; two of them share a text.
DRUGS = [
    ("aspirin", "CC(=O)Oc1ccccc1C(=O)O", "Cyclooxygenase inhibitor.", "cox", "train"),
    ("ibuprofen", "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "Cyclooxygenase inhibitor.", "cox", "val"),
    ("naproxen", "COc1ccc2cc(ccc2c1)C(C)C(=O)O", "Cyclooxygenase inhibitor.", "cox", "val"),
    ("caffeine", "CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "Adenosine receptor antagonist.", "adora", "train"),
    ("theophylline", "CN1C(=O)N(C)c2nc[nH]c2C1=O", "Adenosine receptor antagonist, bronchodilator.", "adora", "val"),
    ("nicotine", "CN1CCCC1c1cccnc1", "Nicotinic receptor agonist.", "chrna", "val"),
]


def pairs_table(rows=DRUGS):
    head = "drug_name\tsmiles\tquery_text\ttarget_key\tfold_scaffold\n"
    return head + "".join("\t".join(row) + "\n" for row in rows)


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.tsv.gz"
    path.write_bytes(gzip.compress(pairs_table().encode()))
    return path


def evaluate(run, pairs, *arguments):
    done = run("pairs", "evaluate", pairs, "--resamples", "200", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_info(run, pairs):
    done = run("pairs", "info", pairs, "--fold", "fold_scaffold", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["molecules"], report["texts"], report["targets"]) == (6, 4, 3)
    assert report["rows_with_shared_text"] == 3 and report["largest_text_molecules"] == 3
    assert report["folds"] == {"val": 4, "train": 2}
    assert report["in_several_folds"]["molecules"] == 0 and report["in_several_folds"]["targets"] == 2
    assert report["rows_with_name"] == 6 and report["own_name_left"]["count"] == 0
    assert "6 pairs" in run("pairs", "info", pairs).stdout


def test_where_leaves_rows_out(run, pairs):
    done = run("pairs", "info", pairs, "--where", "target_key!=cox", "--where", "drug_name!=nicotine", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["molecules"] == 2 and report["reading"]["left_out"] == 4
    measured = evaluate(run, pairs, "--fold", "fold_scaffold=val", "--where", "target_key=cox", "--baseline", "popularity",
                        "--train-fold", "train")
    assert measured["reading"]["left_out"] == 3
    assert run("pairs", "info", pairs, "--where", "target_key").returncode == 2
    wrong = run("pairs", "info", pairs, "--where", "target_kye=cox")
    assert wrong.returncode == 3 and "target_key" in wrong.stderr
    nothing = run("pairs", "info", pairs, "--where", "target_key=COX")
    assert nothing.returncode == 3 and "case counts" in nothing.stderr


def test_info_finds_what_is_wrong(run, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(
        b"name,smiles,text,inchikey\nethanol,CCO,\"Ethanol, na\xefve\",LFQSCWFLJHTTHZ-UHFFFAOYSA-N\n"
        b"x,C1CC,broken,\ny,CCN,an amine,LFQSCWFLJHTTHZ-UHFFFAOYSA-N\n"
    )
    done = run("pairs", "info", path)
    assert done.returncode == 1  # a row was skipped
    for part in ("2 pairs, 1 skipped", "bad.csv:3", 'line 2, "Ethanol"', "not UTF-8", "another InChIKey"):
        assert part in done.stdout, part


def test_evaluate_baselines(run, pairs, tmp_path):
    queries = tmp_path / "queries.tsv"
    report = evaluate(
        run, pairs, "--fold", "fold_scaffold=val", "--baseline", "nearest", "--baseline", "popularity", "--per-query", queries
    )
    assert report["queries"] == 4 and report["gallery"] == {"molecules": 4, "texts": 3, "decoys": 0}
    nearest, popularity = report["scorers"]
    found = nearest["text_to_molecule"]
    assert set(found) == {"any_of_text", "own", "grouped", "within_target"}
    # Theophylline is nearest to caffeine by text and by structure; the two of one text share a ranking.
    assert found["own"]["recall_at_1"]["ceiling"] == pytest.approx(75.0)
    assert found["any_of_text"]["recall_at_1"]["by_query"] >= 75.0
    assert found["any_of_text"]["recall_at_1"]["random"] == pytest.approx(100 * (0.5 + 0.5 + 0.25 + 0.25) / 4, abs=1e-3)
    assert found["within_target"]["queries"] == 2 and found["within_target"]["not_applicable"] == 2
    # No molecule of the fold stands in training: all tie, and the right one is last.
    assert popularity["text_to_molecule"]["own"]["recall_at_1"]["by_query"] == 0
    assert popularity["text_to_molecule"]["own"]["median_rank"] == 4
    rows = list(csv.DictReader(io.StringIO(queries.read_text()), delimiter="\t"))
    assert len(rows) == 8 and {row["scorer"] for row in rows} == {"nearest", "popularity"}
    ranks = [int(row["text_to_molecule_own"]) for row in rows if row["scorer"] == "nearest"]
    mrr = found["own"]["mrr"]["by_query"]
    assert mrr == pytest.approx(100 * sum(1 / rank for rank in ranks) / 4, abs=1e-3)


def test_evaluate_repeats_and_does_not_depend_on_threads(run, pairs):
    arguments = ["pairs", "evaluate", pairs, "--fold", "fold_scaffold=val", "--baseline", "nearest", "--resamples", "300"]
    assert run(*arguments, "--threads", "1").stdout == run(*arguments, "--threads", "3").stdout


def test_gallery_and_decoys(run, pairs, bank):
    fold = ["--fold", "fold_scaffold=val", "--baseline", "nearest"]
    whole = evaluate(run, pairs, *fold, "--gallery", "all")
    assert whole["queries"] == 4 and whole["gallery"] == {"molecules": 6, "texts": 4, "decoys": 0}
    decoys = evaluate(run, pairs, *fold, "--decoys", bank, "--num-decoys", "3")
    assert decoys["gallery"] == {"molecules": 7, "texts": 3, "decoys": 3}
    done = run("pairs", "evaluate", pairs, *fold, "--decoys", bank, "--num-decoys", "300")
    assert done.returncode == 2 and "--num-decoys" in done.stderr


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["--baseline", "nearst"], 2, "Did you mean nearest"),
        ([], 2, "nothing to measure"),
        (["--baseline", "shuffled"], 2, "shuffles the texts of a model"),
        (["--baseline", "nearest"], 2, "--train FILE"),
        (["--baseline", "nearest", "--fold", "fold_scaffold=test"], 3, "folds found: train, val"),
        (["--baseline", "nearest", "--fold", "fold_scafold=val"], 3, "Did you mean 'fold_scaffold'"),
        (["--model", "no-such-folder"], 4, "no-such-folder"),
    ],
)
def test_refusals(run, pairs, arguments, code, message):
    done = run("pairs", "evaluate", pairs, *arguments)
    assert done.returncode == code and message in done.stderr, done.stderr


def test_import_chembl(run, tmp_path):
    mechanisms, molecules = tmp_path / "mechanisms.csv", tmp_path / "molecules.tsv"
    mechanisms.write_text(
        "molecule_chembl_id,mechanism_of_action,target_chembl_id,target_name,action_type,target_organism\n"
        "CHEMBL25,Cyclooxygenase inhibitor,CHEMBL2094253,Cyclooxygenase,INHIBITOR,Homo sapiens\n"
        "CHEMBL29,Bacterial penicillin-binding protein inhibitor,CHEMBL2354204,Bacterial penicillin-binding protein,INHIBITOR,Bacteria\n"
        "CHEMBL1201585,erbB-2 inhibitor,CHEMBL1824,erbB-2,INHIBITOR,Homo sapiens\n"
    )
    molecules.write_text(
        "molecule_chembl_id\tpref_name\tmolecule_type\tcanonical_smiles\tsynonyms\n"
        "CHEMBL25\tASPIRIN\tSmall molecule\tCC(=O)Oc1ccccc1C(=O)O\tEcotrin\n"
        "CHEMBL29\tPENICILLIN G\tSmall molecule\tCC1(C)SC2C(NC(=O)Cc3ccccc3)C(=O)N2C1C(=O)O\tPenicillin\n"
        "CHEMBL1201585\tTRASTUZUMAB\tAntibody\t\tHerceptin\n"
    )
    out = tmp_path / "pairs.tsv"
    done = run("pairs", "import", "chembl", mechanisms, "--molecules", molecules, "-o", out)
    assert done.returncode == 1 and "no structure (antibody)" in done.stderr
    rows = {row["drug_name"]: row for row in csv.DictReader(out.open(), delimiter="\t", quoting=csv.QUOTE_NONE)}
    assert rows["ASPIRIN"]["query_text"] == "Cyclooxygenase inhibitor. Target: Cyclooxygenase. Action: inhibitor."
    assert rows["PENICILLIN G"]["query_short"] == "Bacterial [drug]-binding protein inhibitor. Target: Bacterial [drug]-binding protein."
    assert rows["PENICILLIN G"]["masked"] == "1" and rows["ASPIRIN"]["masked"] == "0"
    info = run("pairs", "info", out, "--fold", "fold_scaffold", "--format", "json")
    assert info.returncode == 0 and json.loads(info.stdout)["own_name_left"]["count"] == 0
