#!/usr/bin/env python3
"""Writes tests/golden/mces/pairs.tsv: 500 pairs of drug-size molecules with their myopic MCES distance by the package myopic-mces.

Needs RDKit (Debian: python3-rdkit; made with 2022.09.3, the version that the C++ code links, so that both see the same aromatic bonds)
and, from PyPI, myopic-mces (1.3.2), pulp (3.3.2) and a CBC program (cbcbox; or Debian's coinor-cbc):
    /usr/bin/python3 -m venv --system-site-packages venv && venv/bin/pip install --no-deps myopic-mces pulp cbcbox networkx joblib
The molecules are rows of public domain source (rdkit_pubchem100k) in ../shared/data/molecules. Takes about half an hour on two cores; run
it again only to change the choice.

Usage: tools/goldens/mces.py [--molecules FOLDER] [--out FILE] [--jobs N] [--cbc PROGRAM]
"""
import argparse
import collections
import concurrent.futures
import gzip
import pathlib
import random
import shutil

from myopic_mces import MCES
from rdkit import Chem, DataStructs, RDLogger
from rdkit.Chem import AllChem

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE = "rdkit_pubchem100k"
MASSES = (250.0, 480.0)
SAME_FORMULA, ANALOGUES, UNRELATED = 260, 140, 100
KINDS = {1: "exact", 2: "threshold", 4: "lower_bound"}  # modes of the package with always_stronger_bound
HEADER = f"""# Myopic MCES distances by the Python package myopic-mces 1.3.2 (CBC), always_stronger_bound. Made by tools/goldens/mces.py.
# Molecules: PubChem substances as in RDKit's 100k subset (source {SOURCE}), public domain.
kind_of_pair\tthreshold\tsmiles_a\tsmiles_b\tvalue\tkind
"""


def read_molecules(folder: pathlib.Path) -> list[tuple[str, str]]:
    rows = []
    for path in sorted(folder.glob("molecules_*.tsv.gz")):
        with gzip.open(path, "rt") as file:
            names = file.readline().rstrip("\n").split("\t")
            for line in file:
                row = dict(zip(names, line.rstrip("\n").split("\t")))
                if row["source"] == SOURCE and MASSES[0] <= float(row["MonoisotopicMass"]) <= MASSES[1]:
                    rows.append((row["SMILES"], row["MolecularFormula"]))
    return rows


def same_formula(rows: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]]:
    groups = collections.defaultdict(list)
    for smiles, formula in rows:
        groups[formula].append(smiles)
    several = [group for group in groups.values() if len(group) > 1]
    return [tuple(rng.sample(group, 2)) for group in rng.sample(several, SAME_FORMULA)]


def analogues(rows: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]]:
    """Nearest neighbours within a sample, Tanimoto 0.55 to 0.95."""
    sample = [smiles for smiles, _ in rng.sample(rows, 6000)]
    bits = [AllChem.GetMorganFingerprintAsBitVect(Chem.MolFromSmiles(smiles), 2, 2048) for smiles in sample]
    pairs = []
    for i in range(len(sample)):
        similarity = DataStructs.BulkTanimotoSimilarity(bits[i], bits[i + 1:])
        if similarity and 0.55 <= max(similarity) <= 0.95:
            pairs.append((sample[i], sample[i + 1 + similarity.index(max(similarity))]))
        if len(pairs) == ANALOGUES:
            return pairs
    raise SystemExit("too few analogues: raise the size of the sample")


def unrelated(rows: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]]:
    return [(rng.choice(rows)[0], rng.choice(rows)[0]) for _ in range(UNRELATED)]


def measure(task: tuple[int, str, int, str, str, str]) -> tuple[int, str]:
    number, kind, threshold, a, b, cbc = task
    _, value, _, mode = MCES(a, b, threshold, solver="COIN_CMD", solver_options={"path": cbc, "msg": False, "threads": 1})
    return number, f"{kind}\t{threshold}\t{a}\t{b}\t{value:g}\t{KINDS[mode]}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=pathlib.Path, default=REPOSITORY / "../shared/data/molecules")
    parser.add_argument("--out", type=pathlib.Path, default=REPOSITORY / "tests/golden/mces/pairs.tsv")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cbc", default=shutil.which("cbc"), required=not shutil.which("cbc"), help="default: cbc of the PATH")
    options = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")
    rng = random.Random(1)
    rows = read_molecules(options.molecules)
    chosen = [("same_formula", *pair) for pair in same_formula(rows, rng)]
    chosen += [("analogue", *pair) for pair in analogues(rows, rng)]
    chosen += [("unrelated", *pair) for pair in unrelated(rows, rng)]
    tasks = [(k, kind, 15 if k % 2 else 10, a, b, options.cbc) for k, (kind, a, b) in enumerate(chosen)]
    lines: dict[int, str] = {}
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(measure, task) for task in tasks]):
            number, line = done.result()
            lines[number] = line
            print(f"\r{len(lines)} of {len(tasks)}", end="", flush=True)
    print()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(HEADER + "".join(lines[k] for k in sorted(lines)))


if __name__ == "__main__":
    main()
