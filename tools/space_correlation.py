#!/usr/bin/env python3
"""How much of structural similarity a molecule space shows: Spearman correlation, over random pairs of molecules, of the cosine of their vectors with
the Tanimoto similarity of their ECFP4 fingerprints.

Usage: tools/space_correlation.py MOLECULES SPACE... --molbridge build/release/molbridge [--pairs 2000] [--seed 1]
  MOLECULES  any file that `molbridge embed molecules` reads, plain or .gz; pairs are drawn from a sample of 2 * PAIRS of its rows
  SPACE      folder of a network over SMILES, FOLDER?POOLING (cls, mean), or a fingerprint such as morgan-counts:radius=2,width=2048
"""
import argparse
import gzip
import math
import pathlib
import random
import subprocess
import sys
import tempfile


def sample_rows(path: str, count: int, generator: random.Random) -> list:
    """The header and `count` rows (algorithm R)."""
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path)
    with opened as lines:
        header, chosen = next(lines), []
        for number, line in enumerate(lines):
            if number < count:
                chosen.append(line)
            elif (place := generator.randrange(number + 1)) < count:
                chosen[place] = line
    return [header, *chosen]


def vectors(program: str, table: pathlib.Path, space: str) -> list:
    folder, _, pooling = space.partition("?")
    options = ["--pooling", pooling] if pooling else []
    done = subprocess.run([program, "embed", "molecules", table, "--model", folder, *options, "--format", "tsv", "-q"], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [[float(x) for x in row[1:]] for row in rows[1:]]


def cosine(a: list, b: list) -> float:
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))


def tanimoto(a: list, b: list) -> float:
    both, either = sum(1 for x, y in zip(a, b) if x and y), sum(1 for x, y in zip(a, b) if x or y)
    return both / either


def ranks(values: list) -> list:
    """From 0; equal values share the mean of their places."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result, begin = [0.0] * len(values), 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for i in order[begin:end]:
            result[i] = (begin + end - 1) / 2
        begin = end
    return result


def spearman(a: list, b: list) -> float:
    ra, rb = ranks(a), ranks(b)
    mean = (len(a) - 1) / 2
    return cosine([x - mean for x in ra], [x - mean for x in rb])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("molecules")
    parser.add_argument("spaces", nargs="+")
    parser.add_argument("--molbridge", required=True)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "sample.tsv"
        table.write_text("".join(sample_rows(arguments.molecules, 2 * arguments.pairs, random.Random(arguments.seed))))
        bits = vectors(arguments.molbridge, table, "ecfp4")
        pairs = [(i, i + 1) for i in range(0, len(bits) - 1, 2) if not math.isnan(bits[i][0] + bits[i + 1][0])]
        similarity = [tanimoto(bits[i], bits[j]) for i, j in pairs]
        print("space\tpairs\tspearman\tmean_cosine")
        for space in arguments.spaces:
            rows = vectors(arguments.molbridge, table, space)
            cosines = [cosine(rows[i], rows[j]) for i, j in pairs]
            print(f"{space}\t{len(pairs)}\t{spearman(cosines, similarity):.3f}\t{sum(cosines) / len(cosines):.3f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
