#!/usr/bin/env python3
"""How well descriptors of proteins keep relatives together: the table of docs/formats/text-encoders.md.

For up to 700 proteins each: the reciprocal rank, by cosine among the proteins that have the relation at all, of the first other protein that shares a binding compound, three
molecular functions, or three pathways. Reads the node and training edge tables of a graph (docs/data.md); needs numpy.

Usage: tools/protein_neighbours.py MOLBRIDGE GRAPH_FOLDER [SPECIFICATION ...]
"""
import collections
import gzip
import pathlib
import subprocess
import sys
import tempfile

import numpy

SPECIFICATIONS = ["composition", "dipeptides", "ctd", "conjoint-triad", "kmers:k=3,width=1000", "kmers:k=4,width=2048", "protein-descriptor"]
RELATIONS = {"binds": 1, "participates_in_mf": 3, "participates_in_pathway": 3}  # how many neighbours make relatives
SAMPLE = 700


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        header = next(lines).rstrip("\n").split("\t")
        for line in lines:
            yield dict(zip(header, line.rstrip("\n").split("\t")))


def read_graph(folder):
    proteins = {n["node_id"]: n["sequence"] for n in rows(folder / "nodes.tsv.gz") if n["type"] == "gene_protein" and n["sequence"]}
    index = {node: i for i, node in enumerate(proteins)}
    neighbours = {relation: collections.defaultdict(set) for relation in RELATIONS}
    for edge in rows(folder / "edges_train.tsv.gz"):
        if edge["relation"] not in neighbours:
            continue
        protein, other = (edge["tail"], edge["head"]) if edge["relation"] == "binds" else (edge["head"], edge["tail"])
        if protein in index:
            neighbours[edge["relation"]][index[protein]].add(other)
    return proteins, neighbours


def embed(binary, proteins, specification, folder):
    (folder / "p.tsv").write_text("id\tsequence\n" + "".join(f"{node}\t{sequence}\n" for node, sequence in proteins.items()))
    subprocess.run([binary, "embed", "proteins", folder / "p.tsv", "--model", specification, "-o", folder / "p.npy", "--restart", "--quiet"], check=True)
    vectors = numpy.load(folder / "p.npy")
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def reciprocal_rank(vectors, neighbours, least):
    pool = numpy.array(sorted(neighbours))
    queries = numpy.random.RandomState(0).permutation(pool)[:SAMPLE]
    total = []
    for query, scores in zip(queries, vectors[queries] @ vectors[pool].T):
        others = pool != query
        relatives = others & numpy.array([len(neighbours[query] & neighbours[p]) >= least for p in pool])
        if relatives.any():
            total.append(1 / (1 + numpy.sum(scores[others & ~relatives] >= scores[relatives].max())))
    return numpy.mean(total)


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    proteins, neighbours = read_graph(folder)
    print(f"{len(proteins)} proteins", *RELATIONS, sep="\t")
    with tempfile.TemporaryDirectory() as scratch:
        for specification in sys.argv[3:] or SPECIFICATIONS:
            vectors = embed(binary, proteins, specification, pathlib.Path(scratch))
            figures = [f"{reciprocal_rank(vectors, neighbours[relation], least):.3f}" for relation, least in RELATIONS.items()]
            print(specification, *figures, sep="\t", flush=True)


main()
