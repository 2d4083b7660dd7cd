"""Pools that are capped, exported, taken from small banks; merged queries; MCES@1: with the real binary and the shipped model."""

import json
import random

import pytest

from conftest import ROOT

MODEL = ROOT / "models/fingerprint-ffn"

# Isomers of a few formulas, in several dialects: pools of one formula hold some molecules each.
MOLECULES = {
    "C8H10": ["CCc1ccccc1", "Cc1ccccc1C", "Cc1cccc(C)c1", "CC1=CC=C(C)C=C1"],
    "C7H8O": ["Cc1ccccc1O", "Cc1cccc(O)c1", "CC1=CC=C(O)C=C1", "COc1ccccc1", "OCc1ccccc1"],
    "C9H11NO2": ["NC(Cc1ccccc1)C(O)=O", "CCOC(=O)c1ccc(N)cc1", "CNC(C(=O)O)c1ccccc1", "COC(=O)Cc1ccc(N)cc1", "CC(N)C(=O)Oc1ccccc1",
                 "CN(C)c1ccc(C(O)=O)cc1", "CCNc1ccccc1C(=O)O", "Cc1cc(C)c(N)c(C(=O)O)c1"],
    "C6H12O6": ["OCC1OC(O)C(O)C(O)C1O", "OCC1(O)OCC(O)C(O)C1O", "OC1C(O)C(O)C(O)C(O)C1O"],
}
QUERIES = ["NC(CC1=CC=CC=C1)C(=O)O", "Cc1ccccc1O", "Cc1ccccc1C", "OCC1OC(O)C(O)C(O)C1O"]
MASSES = {"NC(CC1=CC=CC=C1)C(=O)O": 165.07898, "Cc1ccccc1O": 108.05751, "Cc1ccccc1C": 106.07825, "OCC1OC(O)C(O)C(O)C1O": 180.06339}


def spectrum(smiles, title, adduct="[M+H]+", energy="20", seed=0):
    chance = random.Random(f"{smiles} {seed}")
    shift = {"[M+H]+": 1.00728, "[M+Na]+": 22.98922}[adduct]
    peaks = "\n".join(f"{mz:.4f} {chance.uniform(5, 100):.2f}"
                      for mz in sorted(chance.uniform(50, MASSES[smiles]) for _ in range(6)))
    return (f"BEGIN IONS\nTITLE={title}\nPEPMASS={MASSES[smiles] + shift:.4f}\nIONMODE=positive\nADDUCT={adduct}\n"
            f"COLLISION_ENERGY={energy}\nSMILES={smiles}\n{peaks}\nEND IONS\n\n")


@pytest.fixture(scope="module")
def work(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("pools")
    listed = [s for group in MOLECULES.values() for s in group if s != "Cc1ccccc1C"]  # one truth is in no bank
    (folder / "molecules.smi").write_text("\n".join(listed + ["CCO", "c1ccc2ccccc2c1"]) + "\n")
    (folder / "queries.mgf").write_text("".join(spectrum(s, f"{i}-{r}", seed=r)
                                                for i, s in enumerate(QUERIES) for r in range(2)))
    done = run("bank", "build", folder / "molecules.smi", "-o", folder / "bank")
    assert done.returncode == 0, done.stderr
    return folder


def evaluate(run, tmp_path, *args, name="report"):
    report, table = tmp_path / f"{name}.json", tmp_path / f"{name}.tsv"
    done = run("evaluate", "--model", MODEL, *args, "-o", report, "--per-query", table)
    assert done.returncode in (0, 1), done.stderr
    lines = [line.split("\t") for line in table.read_text().splitlines()]
    return json.loads(report.read_text()), [dict(zip(lines[0], line)) for line in lines[1:]]


def ranks(rows):
    return {row["query_id"]: (row["rank"], row["pool_size"], row["top_inchikey14"], row["truth_score"]) for row in rows}


@pytest.mark.parametrize("pool", [["--pool", "formula"], ["--pool", "ppm", "--ppm", "20000"], ["--pool", "formula", "--cap", "3"]])
def test_pools_exported_giveTheRanksOfTheBank(work, run, tmp_path, pool):
    queries = work / "queries.mgf"
    done = run("pools", "--spectra", queries, "--bank", work / "bank", *pool, "--seed", "4", "-o", tmp_path / "pools.json")
    assert done.returncode == 0, done.stderr
    direct, bank_rows = evaluate(run, tmp_path, "--spectra", queries, "--bank", work / "bank", *pool, "--seed", "4")
    listed, file_rows = evaluate(run, tmp_path, "--spectra", queries, "--candidates", tmp_path / "pools.json", "--seed", "4",
                                 name="listed")
    assert ranks(bank_rows) == ranks(file_rows)
    assert direct["recall_at_1"] == listed["recall_at_1"] and direct["mrr"] == listed["mrr"]
    assert direct["truth_added"] == 2  # the truth that the bank lacks; the file has it
    assert listed["truth_added"] == 0


def test_pools_file_isInOneSpelling_withTheTruthAtNoFixedPlace(work, run, tmp_path):
    places = set()
    for seed in range(6):
        path = tmp_path / f"{seed}.json"
        run("pools", "--spectra", work / "queries.mgf", "--bank", work / "bank", "--pool", "formula", "--seed", seed, "-o", path)
        pools = json.loads(path.read_text())
        assert "NC(Cc1ccccc1)C(=O)O" in pools  # standardised, though the spectra write it as Kekule
        for truth, candidates in pools.items():
            assert candidates.count(truth) == 1 and len(set(candidates)) == len(candidates)
            places.add((truth, candidates.index(truth)))
    assert len(places) > 2 * len(QUERIES)


def test_cap_isNestedAndTheSameForAnySource(work, run, tmp_path):
    def pool_of(cap, seed):
        path = tmp_path / "capped.json"
        run("pools", "--spectra", work / "queries.mgf", "--bank", work / "bank", "--pool", "formula", "--cap", cap, "--seed", seed,
            "-o", path)
        return set(json.loads(path.read_text())["NC(Cc1ccccc1)C(=O)O"])

    assert [len(pool_of(cap, 1)) for cap in (1, 3, 5, 100)] == [1, 3, 5, 8]
    assert pool_of(1, 1) < pool_of(3, 1) < pool_of(5, 1) < pool_of(100, 1)
    assert len({frozenset(pool_of(3, seed)) for seed in range(5)}) > 1
    # Capping a list gives what capping the bank gives.
    run("pools", "--spectra", work / "queries.mgf", "--bank", work / "bank", "--pool", "formula", "-o", tmp_path / "all.json")
    _, by_list = evaluate(run, tmp_path, "--spectra", work / "queries.mgf", "--candidates", tmp_path / "all.json", "--cap", "3")
    _, by_bank = evaluate(run, tmp_path, "--spectra", work / "queries.mgf", "--bank", work / "bank", "--pool", "formula", "--cap", "3",
                          name="bank")
    assert ranks(by_list) == ranks(by_bank)


@pytest.mark.parametrize("selection, pool, left", [
    (["--formulas-of"], ["--pool", "formula"], 2),
    (["--ppm", "100", "--window-of"], ["--pool", "ppm", "--ppm", "100"], 2),
])
def test_bank_ofTheFormulasAsked_givesTheSamePools(work, run, tmp_path, selection, pool, left):
    queries = work / "queries.mgf"
    done = run("bank", "build", work / "molecules.smi", "-o", tmp_path / "small", *selection, queries)
    assert done.returncode == 0, done.stderr
    assert f"{left} molecules were left out" in done.stderr
    _, small = evaluate(run, tmp_path, "--spectra", queries, "--bank", tmp_path / "small", *pool)
    _, whole = evaluate(run, tmp_path, "--spectra", queries, "--bank", work / "bank", *pool, name="whole")
    assert ranks(small) == ranks(whole)


def test_bank_selectionWithoutStructures_isRefused(work, run, tmp_path):
    (tmp_path / "none.mgf").write_text("BEGIN IONS\nTITLE=x\nPEPMASS=100\n50 1\nEND IONS\n")
    done = run("bank", "build", work / "molecules.smi", "-o", tmp_path / "b", "--formulas-of", tmp_path / "none.mgf")
    assert done.returncode == 3
    assert "none.mgf" in done.stderr and not (tmp_path / "b").exists()


def test_candidates_keyedInAnotherSpelling_areFound(work, run, tmp_path):
    # The spectra write Kekule, the keys are aromatic and written from another end; decoys do not parse or repeat.
    lists = {"OC(=O)C(N)Cc1ccccc1": ["NC(Cc1ccccc1)C(=O)O", "CCOC(=O)c1ccc(N)cc1", "CCOC(=O)C1=CC=C(N)C=C1", "C1CC"]}
    (tmp_path / "c.json").write_text(json.dumps(lists))
    (tmp_path / "q.mgf").write_text(spectrum(QUERIES[0], "phe") + spectrum(QUERIES[1], "no list"))
    report, rows = evaluate(run, tmp_path, "--spectra", tmp_path / "q.mgf", "--candidates", tmp_path / "c.json")
    assert rows[0]["pool_size"] == "2" and rows[0]["truth_added"] == "0"
    assert rows[1]["rank"] == "" and report["skip_reasons"] == {"no candidate list for this query": 1}
    assert report["candidate_spellings"] == 4 and report["candidate_spellings_rejected"] == 1


def test_mces_isZeroForTheTruth_andTheDistanceElse(work, run, tmp_path):
    # Phenol and anisole differ by more than cresols do; the figures follow from the table of queries.
    queries = tmp_path / "q.mgf"
    queries.write_text((work / "queries.mgf").read_text() + "BEGIN IONS\nTITLE=bad\nPEPMASS=100\nSMILES=CCO\nEND IONS\n")
    report, rows = evaluate(run, tmp_path, "--spectra", queries, "--bank", work / "bank", "--pool", "formula", "--mces",
                            "--mces-threshold", "15")
    values = []
    for row in rows:
        if row["rank"] == "":
            assert row["mces"] == ""
            values.append(15)
            continue
        assert (float(row["mces"]) == 0) == (row["rank"] == "1")
        assert (row["top_inchikey14"] == row["inchikey14"]) == (row["rank"] == "1")
        assert float(row["top_score"]) >= float(row["truth_score"])
        values.append(float(row["mces"]))
    assert report["mces_at_1"]["by_spectrum"] == pytest.approx(sum(values) / len(values), abs=1e-3)
    low, high = report["mces_at_1"]["ci95_by_compound"]
    assert low <= report["mces_at_1"]["by_compound"] <= high
    assert 0 < report["random"]["mces_at_1"]["by_compound"] <= 15
    assert "threshold" in report["protocol"]["mces_at_1"]["skipped"]


def test_mces_tiedOnTop_takesTheFarthest(run, tmp_path):
    # Without any peak of the model's bins every candidate scores the same: the truth is tied with both others.
    lists = {"CCCCCCCCCCCCCCCCCCCC": ["C" * 20, "C" * 21, "C" * 24]}
    (tmp_path / "c.json").write_text(json.dumps(lists))
    (tmp_path / "q.mgf").write_text("BEGIN IONS\nTITLE=t\nPEPMASS=283.3359\nADDUCT=[M+H]+\nSMILES=" + "C" * 20 +
                                    "\n57.07 100\n71.08 50\n85.1 20\nEND IONS\n")
    report, rows = evaluate(run, tmp_path, "--spectra", tmp_path / "q.mgf", "--candidates", tmp_path / "c.json", "--mces")
    assert rows[0]["tied_on_top"] == "3" and rows[0]["rank"] == "3"
    assert float(rows[0]["mces"]) == 4  # icosane to tetracosane: four bonds
    assert rows[0]["top_smiles"] == "C" * 24
    assert report["random"]["mces_at_1"]["by_spectrum"] == pytest.approx(2 / 3 * (1 + 4) / 2, abs=1e-3)


def test_merge_makesOneQueryOfTheSpectraOfACompound(run, work, tmp_path):
    phe = QUERIES[0]
    (tmp_path / "q.mgf").write_text(
        spectrum(phe, "b", seed=1) + spectrum(phe, "a", seed=2) + spectrum(phe, "c", energy="40", seed=3)
        + spectrum(phe, "sodium", adduct="[M+Na]+", seed=4) + spectrum(QUERIES[1], "cresol"))
    common = ["--spectra", tmp_path / "q.mgf", "--bank", work / "bank", "--pool", "formula"]
    merged = {}
    for how in ("none", "compound", "compound-energy", "scores"):
        report, rows = evaluate(run, tmp_path, *common, "--merge", how)
        merged[how] = {row["query_id"]: row["merged_from"] for row in rows}
        assert report["compounds"] == 2 and report["options"]["merge"] == how
    assert merged["none"] == {"a": "1", "b": "1", "c": "1", "sodium": "1", "cresol": "1"}
    assert merged["compound"] == {"a": "3", "sodium": "1", "cresol": "1"}
    assert merged["compound-energy"] == {"a": "2", "c": "1", "sodium": "1", "cresol": "1"}
    assert merged["scores"] == {"a": "4", "cresol": "1"}


@pytest.mark.parametrize("how", ["compound", "scores"])
def test_merge_orderOfSpectra_doesNotMatter(run, work, tmp_path, how):
    found = set()
    for name, seeds in (("x", (1, 2, 3, 4)), ("y", (3, 1, 4, 2))):
        (tmp_path / f"{name}.mgf").write_text("".join(spectrum(QUERIES[0], f"s{s}", seed=s) for s in seeds))
        _, rows = evaluate(run, tmp_path, "--spectra", tmp_path / f"{name}.mgf", "--bank", work / "bank", "--pool", "formula",
                           "--merge", how)
        found.add(tuple(rows[0].items()))
    assert len(found) == 1


def test_evaluate_noStructureAtAll_isAnInputError(work, run, tmp_path):
    (tmp_path / "q.mgf").write_text(spectrum(QUERIES[0], "x").replace(f"SMILES={QUERIES[0]}\n", ""))
    done = run("evaluate", "--model", MODEL, "--spectra", tmp_path / "q.mgf", "--bank", work / "bank", "--pool", "formula")
    assert done.returncode == 3
    assert "--first-is-truth" in done.stderr


@pytest.mark.parametrize("extra", [["--cap", "2"], ["--mces"], ["--merge", "compound"]])
def test_released_withWhatAsksForMolecules_isRefused(work, run, tmp_path, extra):
    (tmp_path / "c.json").write_text("{}")
    done = run("evaluate", "--model", MODEL, "--spectra", work / "queries.mgf", "--candidates", tmp_path / "c.json", "--convention",
               "released", *extra)
    assert done.returncode == 2, done.stderr


@pytest.mark.parametrize("args, code, part", [
    (["--pool", "mass"], 2, "--pool"),
    (["--pool", "formula", "--bank", "nowhere"], 4, "nowhere"),
])
def test_pools_badOptions_areNamed(work, run, args, code, part):
    bank = [] if "--bank" in args else ["--bank", work / "bank"]
    done = run("pools", "--spectra", work / "queries.mgf", *bank, *args)
    assert done.returncode == code
    assert part in done.stderr
