"""Curves of runs and analyses with the real binary, on small inputs whose numbers are known by hand."""

import json
import random
import struct
import xml.etree.ElementTree as ElementTree
import zlib

import pytest

from conftest import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def table(text):
    lines = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def texts_of(svg):
    return [element.text for element in ElementTree.parse(svg).iter(SVG + "text")]


def png_pixels(path):
    """Width, height and the set of bytes of the image: enough to know that it decodes and is not blank."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, size = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
        assert kind != b"tIME"
        size = struct.unpack(">II", body[:8]) if kind == b"IHDR" else size
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    return *size, set(zlib.decompress(packed))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A smooth run and one that drops, which was also cut off in the middle of a row."""
    folder = tmp_path_factory.mktemp("runs")
    for name, mrr in (("smooth", [0.1, 0.2, 0.3, 0.4]), ("rough", [0.1, 0.3, 0.05, 0.25])):
        (folder / name).mkdir()
        rows = "".join(f"{s}\t{s / 100}\t{10 / s:.4f}\t0.001\t1.5\n" for s in range(10, 410, 10))
        (folder / name / "metrics.tsv").write_text("step\tepoch\tloss\tlearning_rate\tgradient_norm\n" + rows)
        rows = "".join(f"{100 * (i + 1)}\t{i + 1}\t{value}\n" for i, value in enumerate(mrr))
        (folder / name / "validation.tsv").write_text("step\tepoch\tmrr\n" + rows)
    with open(folder / "rough" / "validation.tsv", "a") as file:
        file.write("500\t5\t0.9")
    return folder


def test_report_twoRuns_tableAndFigure(runs, run, tmp_path):
    figure = tmp_path / "curves.svg"
    done = run("report", runs / "smooth", runs / "rough", "-o", figure, "--smooth", 5, "--log", "loss")
    assert done.returncode == 0, done.stderr
    rows = {(row["run"], row["metric"]): row for row in table(done.stdout)}
    assert rows["smooth", "loss"]["best"] == "0.025" and rows["smooth", "loss"]["best_step"] == "400"
    assert rows["rough", "validation.mrr"]["last"] == "0.25"  # not the 0.9 of the row that was cut off
    assert rows["rough", "validation.mrr"]["best"] == "0.3"
    assert rows["rough", "learning_rate"]["best"] == ""
    texts = texts_of(figure)
    assert texts.count("smooth") == 1 and "validation MRR" in texts and "optimiser steps" in texts


def test_report_oneMetric_pngWithLabels(runs, run, tmp_path):
    figure = tmp_path / "figure3.png"
    done = run("report", runs / "smooth", runs / "rough", "--metric", "mrr", "--label", "alignment", "--label",
               "contrastive", "--x", "epoch", "-o", figure, "--format", "json")
    assert done.returncode == 0, done.stderr
    curves = json.loads(done.stdout)["curves"]
    assert [c["run"] for c in curves] == ["alignment", "contrastive"] and curves[1]["best_epoch"] == 2
    width, height, values = png_pixels(figure)
    assert width > 500 and height > 400 and len(values) > 10


def test_report_sameRuns_sameBytes(runs, run, tmp_path):
    for ending in ("svg", "png"):
        paths = [tmp_path / f"{n}.{ending}" for n in "ab"]
        for path in paths:
            assert run("report", runs / "smooth", "-o", path).returncode == 0
        assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("args, code, part", [
    (["--metric", "mmr"], 2, "validation.mrr"),
    (["-o", "curves.pdf"], 2, ".svg"),
    (["--label", "one"], 2, "one --label per run"),
    (["--x", "seconds"], 3, "--x step"),
    (["nowhere"], 3, "nowhere"),
])
def test_report_badOptions_areNamed(runs, run, tmp_path, args, code, part):
    done = run("report", runs / "smooth", runs / "rough", *args, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert part in done.stderr
    assert not list(tmp_path.iterdir())


def test_stability_numbersOfTwoObjectives_byHand(runs, run, tmp_path):
    figure = tmp_path / "s.svg"
    done = run("analyze", "stability", runs / "smooth", runs / "rough", "--label", "alignment", "--label", "contrastive",
               "--figure", figure, "--format", "json")
    assert done.returncode == 0, done.stderr
    smooth, rough = json.loads(done.stdout)["runs"]
    assert (smooth["final"], smooth["largest_drop"], smooth["share_worse"]) == (0.4, 0, 0)
    assert (rough["final"], rough["best"], rough["best_at"]) == (0.25, 0.3, 200)
    assert (rough["largest_drop"], rough["largest_drop_at"]) == (0.25, 300)
    assert rough["mean_abs_change"] == pytest.approx((0.2 + 0.25 + 0.2) / 3, abs=1e-6)
    assert "alignment" in texts_of(figure)


def test_stability_seedsOfOneObjective_areAveraged(runs, run):
    done = run("analyze", "stability", runs / "smooth", runs / "rough", "--label", "x", "--label", "x", "--format", "json")
    (label,) = json.loads(done.stdout)["labels"]
    assert label["runs"] == 2 and label["final_mean"] == pytest.approx(0.325)
    assert (label["final_low"], label["final_high"]) == (0.25, 0.4)


def per_query(path, ranks, mces=None):
    """ranks: {query: (compound, rank or None)}"""
    lines = ["query_id\tinchikey14\trank\tpool_size\ttruth_added\tnovelty\tmces\treason"]
    for query, (compound, rank) in ranks.items():
        lines.append(f"{query}\t{compound}\t{rank or ''}\t{100 if rank else 0}\t0\t\t{mces if mces and rank else ''}\t")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_compare_threeModels_differencesByCompound(run, tmp_path):
    full = per_query(tmp_path / "full.tsv", {"a1": ("A", 1), "a2": ("A", 4), "b1": ("B", 10)})
    other = per_query(tmp_path / "other.tsv", {"b1": ("B", 1), "a2": ("A", 4), "a1": ("A", 2)})  # another order
    skipped = per_query(tmp_path / "skipped.tsv", {"a1": ("A", None), "a2": ("A", 4), "b1": ("B", 1)})
    figure = tmp_path / "c.svg"
    done = run("analyze", "compare", full, other, skipped, "--figure", figure)
    assert done.returncode == 0, done.stderr
    rows = {row["model"]: row for row in table(done.stdout)}
    assert float(rows["full"]["recall_at_1"]) == 25 and rows["full"]["recall_at_1_difference"] == ""
    assert float(rows["other"]["recall_at_1"]) == 50
    assert float(rows["other"]["recall_at_1_difference"]) == 25
    assert float(rows["other"]["mrr_difference"]) == pytest.approx((-25 + 90) / 2)
    assert float(rows["other"]["recall_at_1_difference_ci95_low"]) == -50
    assert float(rows["other"]["recall_at_1_difference_ci95_high"]) == 100
    assert rows["skipped"]["skipped"] == "1" and float(rows["skipped"]["recall_at_5"]) == 75
    assert "mces_at_1" not in rows["full"]
    assert "difference from full (points)" in texts_of(figure)


def test_compare_mcesInAllFiles_isATableColumn(run, tmp_path):
    a = per_query(tmp_path / "a.tsv", {"q": ("A", 1), "r": ("B", None)}, mces=3)
    b = per_query(tmp_path / "b.tsv", {"q": ("A", 2), "r": ("B", 1)}, mces=5)
    rows = table(run("analyze", "compare", a, b, "--baseline", "b").stdout)
    assert float(rows[0]["mces_at_1"]) == (3 + 15) / 2 and float(rows[1]["mces_at_1"]) == 5
    assert float(rows[0]["mces_at_1_difference"]) == 4 and rows[1]["mces_at_1_difference"] == ""


def test_compare_poolsThatDiffer_areWarnedOf(run, tmp_path):
    a = per_query(tmp_path / "a.tsv", {"q": ("A", 1)})
    b = tmp_path / "b.tsv"
    b.write_text(a.read_text().replace("\t100\t", "\t10\t"))
    assert "differ in size" in run("analyze", "compare", a, b).stderr


def forecasts(path, rows):
    """A table of evaluate --per-query: (compound, probability of correct, of close, correct, close); None for a skipped query."""
    lines = ["query_id\tinchikey14\trank\tprobability\tprobability_close\ttop_correct\ttop_close"]
    for i, (compound, *said) in enumerate(rows):
        lines.append("\t".join([f"q{i}", compound, "1"] + ["" if value is None else str(value) for value in said]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_calibration_byHand_tablesAndFigure(run, tmp_path):
    rows = [(c, 0.9, 0.95, 1, 1) for c in "ABCD"] + [("E", 0.9, 0.95, 0, 1), ("F", 0.4, 0.5, 0, 0), ("G", None, None, None, None)]
    said = forecasts(tmp_path / "said.tsv", rows)
    figure = tmp_path / "r.svg"
    done = run("analyze", "calibration", said, "--label", "model", "--figure", figure, "--format", "json", "--resamples", 200)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    figures = {(row["what"], row["by"]): row for row in found["figures"]}
    correct = figures["correct", "spectrum"]
    assert (correct["queries"], correct["compounds"]) == (6, 6)
    assert correct["ece"] == pytest.approx((5 * 0.1 + 0.4) / 6, abs=1e-6)
    assert correct["ece_ci95_low"] <= correct["ece"]
    assert figures["close", "compound"]["observed"] == pytest.approx(5 / 6, abs=1e-6)
    q = {row["q_value"]: row for row in found["q_values"]}
    assert q[0.2]["accepted"] == 6 and q[0.2]["promised_wrong"] == pytest.approx(1.1 / 6, abs=1e-6)
    assert q[0.1]["accepted"] in (0, 5) and q[0.05]["accepted"] == 0
    assert "stated probability" in texts_of(figure) and "calibrated" in texts_of(figure)


def test_calibration_tableOfOneStage_saysWhatIsMissing(run, tmp_path):
    empty = forecasts(tmp_path / "one-stage.tsv", [("A", None, None, None, None)])
    done = run("analyze", "calibration", empty)
    assert done.returncode == 3 and "no query has a probability" in done.stderr
    assert run("analyze", "calibration", per_query(tmp_path / "old.tsv", {"q": ("A", 1)})).returncode == 3


@pytest.mark.parametrize("ranks, part", [
    ({"a": ("A", 1)}, "1 rows"),
    ({"a": ("A", 1), "c": ("B", 1)}, "it lacks b"),
    ({"a": ("A", 1), "b": ("C", 1)}, "another structure"),
])
def test_compare_otherQueries_areRefused(run, tmp_path, ranks, part):
    a = per_query(tmp_path / "a.tsv", {"a": ("A", 1), "b": ("B", 1)})
    done = run("analyze", "compare", a, per_query(tmp_path / "b.tsv", ranks))
    assert done.returncode == 3
    assert "b.tsv" in done.stderr and part in done.stderr


def test_compare_noPerQueryTable_isAnInputError(run, tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("a\tb\n1\t2\n")
    done = run("analyze", "compare", path)
    assert done.returncode == 3 and "--per-query" in done.stderr
    path.write_text("query_id\tinchikey14\trank\tpool_size\nq\tA\t0\t3\n")
    done = run("analyze", "compare", path)
    assert done.returncode == 3 and "x.tsv:2" in done.stderr


def spectrum(smiles, title):
    chance = random.Random(title)
    peaks = "\n".join(f"{mz:.4f} {chance.uniform(1, 100):.2f}" for mz in sorted(chance.uniform(50, 300) for _ in range(8)))
    return f"BEGIN IONS\nTITLE={title}\nPEPMASS=320.1\nIONMODE=positive\nADDUCT=[M+H]+\nSMILES={smiles}\n{peaks}\nEND IONS\n\n"


def test_hardness_candidateFile_byHand(run, tmp_path):
    """Radius 2 does not see the length of a chain: Tanimoto 1. Dodecanol and benzene share nothing: 0."""
    (tmp_path / "q.mgf").write_text(spectrum("C" * 12 + "O", "chain") + spectrum("c1ccccc1", "ring") +
                                    spectrum("C" * 14 + "O", "chain2") + spectrum("CCN", "alone"))
    lists = {"chain": ["C" * 13 + "O", "c1ccccc1", "O" + "C" * 12], "ring": ["C" * 12 + "O"],
             "chain2": ["c1ccccc1", "C" * 15 + "O", "C" * 16 + "O"], "alone": ["NCC"]}
    (tmp_path / "c.json").write_text(json.dumps(lists))
    figure = tmp_path / "h.png"
    done = run("analyze", "hardness", "--spectra", tmp_path / "q.mgf", "--candidates", tmp_path / "c.json", "--figure",
               figure, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    measures = {row["measure"]: row["value"] for row in found["measures"]}
    assert measures["pools"] == 3 and measures["pools_without_decoys"] == 1
    assert measures["max_tanimoto_mean"] == pytest.approx(2 / 3, abs=1e-6) and measures["max_tanimoto_median"] == 1
    assert measures["hard_decoys_mean"] == 1  # 1, 0 and 2
    assert measures["decoys_mean"] == pytest.approx((2 + 1 + 3) / 3)
    assert sum(row["share"] for row in found["histogram"]) == pytest.approx(1, abs=1e-5)
    assert len(found["pools"]) == 4
    assert png_pixels(figure)[0] > 500


def test_hardness_spectraWithoutStructures_needFirstIsTruth(run, tmp_path):
    (tmp_path / "q.mgf").write_text(spectrum("CCO", "x").replace("SMILES=CCO\n", ""))
    (tmp_path / "c.json").write_text(json.dumps({"x": ["C" * 12 + "O", "c1ccccc1"]}))
    arguments = ["analyze", "hardness", "--spectra", tmp_path / "q.mgf", "--candidates", tmp_path / "c.json"]
    done = run(*arguments)
    assert done.returncode == 3 and "--first-is-truth" in done.stderr
    done = run(*arguments, "--first-is-truth")
    assert done.returncode == 0 and table(done.stdout)[0] == {"measure": "pools", "value": "1"}


def test_hardness_withoutPools_isAUsageError(run, tmp_path):
    (tmp_path / "q.mgf").write_text(spectrum("CCO", "x"))
    done = run("analyze", "hardness", "--spectra", tmp_path / "q.mgf")
    assert done.returncode == 2 and "--candidates" in done.stderr


MODEL = ROOT / "models/fingerprint-ffn"


@pytest.fixture(scope="module")
def ranked(run, tmp_path_factory):
    """Made-up spectra of example molecules and one that is skipped, with lists of 30 random others each."""
    folder = tmp_path_factory.mktemp("ranked")
    lines = [line.split("\t") for line in (ROOT / "examples/molecules.tsv").read_text().splitlines()]
    smiles = [line[lines[0].index("smiles")] for line in lines[1:]]
    smiles = [s for s in smiles if "." not in s][50:150]
    chance = random.Random(5)
    truths = smiles[:12]
    lists = {s: [s] + chance.sample(smiles[12:], 30) for s in truths}
    lists[truths[0]] = [truths[0]]
    (folder / "q.mgf").write_text("".join(spectrum(s, f"{i}-{r}") for i, s in enumerate(truths) for r in range(1 + i % 3)) +
                                  f"BEGIN IONS\nTITLE=empty\nPEPMASS=200\nSMILES={truths[1]}\nEND IONS\n")
    (folder / "c.json").write_text(json.dumps(lists))
    return ["--spectra", folder / "q.mgf", "--candidates", folder / "c.json", "--model", MODEL, "--quiet"]


def evaluated(run, ranked, *more):
    return json.loads(run("evaluate", *ranked, *more).stdout)


def test_poolSize_uncutAndOneDraw_areWhatEvaluateSays(run, ranked, tmp_path):
    figure = tmp_path / "f2.svg"
    done = run("analyze", "pool-size", *ranked, "--cap", 8, "--cap", "all", "--draws", 1, "--seed", 3, "--figure", figure)
    assert done.returncode == 1, done.stderr
    rows = {(row["cap"], row["metric"]): row for row in table(done.stdout)}
    for cap, report in (("all", evaluated(run, ranked)), ("8", evaluated(run, ranked, "--cap", 8, "--seed", 3))):
        for metric in ("recall_at_1", "recall_at_5", "recall_at_20", "mrr"):
            row = rows[cap, metric]
            assert float(row["by_compound"]) == pytest.approx(report[metric]["by_compound"], abs=2e-3)
            assert float(row["by_spectrum"]) == pytest.approx(report[metric]["by_spectrum"], abs=2e-3)
            assert float(row["random"]) == pytest.approx(report["random"][metric]["by_compound"], abs=2e-3)
    assert rows["all", "mrr"]["expected"] == rows["all", "mrr"]["by_compound"]
    assert "molecules per pool, at most" in texts_of(figure)


def test_poolSize_manyDraws_comeNearTheExpectation(run, ranked):
    done = run("analyze", "pool-size", *ranked, "--cap", 10, "--draws", 100, "--resamples", 10)
    row = next(row for row in table(done.stdout) if row["metric"] == "mrr")
    spread = float(row["sd_of_draws"]) / 10  # standard error of the mean of 100 draws
    assert float(row["by_compound"]) == pytest.approx(float(row["expected"]), abs=5 * spread)


def test_separation_smallSet_agreesWithTheRanks(run, ranked, tmp_path):
    figure = tmp_path / "f4.svg"
    done = run("analyze", "separation", *ranked, "--format", "json", "--figure", figure)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    measures = {row["measure"]: row["value"] for row in found["measures"]}
    run("evaluate", *ranked, "--per-query", tmp_path / "q.tsv", "-o", tmp_path / "r.json")
    rows = table((tmp_path / "q.tsv").read_text())
    alone = [row for row in rows if row["pool_size"] == "1"]
    assert measures["queries_alone_in_pool"] == len(alone) == 1
    assert measures["queries_skipped"] == 1
    assert measures["queries_with_margin"] == len(rows) - 2
    by_compound = {}
    for row in rows:
        if row not in alone:
            by_compound.setdefault(row["inchikey14"], []).append(row["rank"] == "1")
    won = [sum(hits) / len(hits) for hits in by_compound.values()]
    assert measures["positive_margin_percent"] == pytest.approx(100 * sum(won) / len(won), abs=1e-5)
    assert 0 <= measures["overlap_coefficient"] <= 1 and 0 <= measures["auc"] <= 1
    for name, column in (("cosine_histogram", "truth"), ("cosine_histogram", "others"), ("margin_histogram", "margin")):
        assert sum(row[column] for row in found[name]) == pytest.approx(1, abs=1e-4)
    positive = sum(row["margin"] for row in found["margin_histogram"] if row["low"] > -1e-9)
    answered = {}
    for row in rows:
        if row["rank"] and row not in alone:
            answered.setdefault(row["inchikey14"], []).append(row["rank"] == "1")
    assert positive == pytest.approx(sum(sum(h) / len(h) for h in answered.values()) / len(answered), abs=1e-4)
    assert "cosine of query and molecule" in texts_of(figure)


def test_hardness_withModel_recallOfEveryBin(run, ranked):
    done = run("analyze", "hardness", *ranked, "--format", "json")
    assert done.returncode == 1, done.stderr
    bins = json.loads(done.stdout)["recall_by_hardness"]
    report = evaluated(run, ranked)
    assert sum(row["queries"] for row in bins) == report["queries"] - report["skipped"] - 1  # one is alone in its pool
    assert all(0 <= row["recall_at_20"] <= 100 for row in bins if row["queries"])


def test_analyze_anyThreads_sameBytes(run, ranked, tmp_path):
    outputs = []
    for threads in ("1", "2"):
        run("analyze", "pool-size", *ranked, "--cap", 5, "--threads", threads, "-o", tmp_path / threads,
            "--figure", tmp_path / f"{threads}.svg")
        outputs.append([(tmp_path / name).read_bytes() for name in (threads, f"{threads}.svg", f"{threads}.run.json")])
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("args, part", [
    (["--cap", "0"], "--cap 0"),
    (["--cap", "many"], "--cap many"),
    (["--figure", "f.jpg"], ".svg"),
])
def test_poolSize_badOptions_areNamed(run, ranked, args, part):
    done = run("analyze", "pool-size", *ranked, *args)
    assert done.returncode == 2 and part in done.stderr
