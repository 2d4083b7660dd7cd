#!/usr/bin/env python3
"""Chooses the molecules that serve as decoys in training: those of a training formula, or within --ppm of a training mass, whose licence is among the
permitted ones, and whose formula and InChIKey first block occur in no held-out spectrum.

Usage: tools/make_decoys.py --train train.mgf.gz --held-out val.mgf.gz --molecules m0.tsv.gz m1.tsv.gz ... -o decoys.tsv
The molecule tables have the columns SMILES, MolecularFormula, MonoisotopicMass, InChIKey1, source (docs/data.md). Then: molbridge bank build decoys.tsv -o runs/decoys-bank
"""
import argparse
import bisect
import gzip

# Sources whose licence does not allow a derived model to be shipped, or is not stated (docs/data.md).
LEFT_OUT = ("hmdb4", "exposome_wwbc", "lpm24")


def open_text(path):
    return gzip.open(path, "rt") if path.endswith(".gz") else open(path)


def records(path):
    """Fields of every spectrum of an MGF file."""
    with open_text(path) as lines:
        fields = {}
        for line in lines:
            if line.startswith("BEGIN IONS"):
                fields = {}
            elif line.startswith("END IONS"):
                yield fields
            elif "=" in line:
                key, value = line.rstrip("\n").split("=", 1)
                fields[key] = value


def rows(path):
    """Rows of a molecule table as dictionaries with the line itself."""
    with open_text(path) as lines:
        header = next(lines).rstrip("\n").split("\t")
        for line in lines:
            yield line, dict(zip(header, line.rstrip("\n").split("\t")))


def near(mass, masses, ppm):
    at = bisect.bisect_left(masses, mass * (1 - ppm * 1e-6))
    return at < len(masses) and masses[at] <= mass * (1 + ppm * 1e-6)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--held-out", nargs="+", required=True)
    parser.add_argument("--exclude-formulas", nargs="*", default=["C13H19NO2"], help="shared by both folds once charges are neutralised")
    parser.add_argument("--molecules", nargs="+", required=True)
    parser.add_argument("--ppm", type=float, default=10.5)
    parser.add_argument("--leave-out-sources", nargs="*", default=LEFT_OUT)
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()

    held_out = [r for f in options.held_out for r in records(f)]
    formulas = {r.get("FORMULA") for r in held_out} | set(options.exclude_formulas)
    keys = {r.get("INCHIKEY", "")[:14] for r in held_out}
    train = {r.get("FORMULA") for f in options.train for r in records(f)} - formulas - {None, ""}
    # Masses of the training formulas, from the tables: no second table of atomic masses is needed.
    masses = sorted({float(r["MonoisotopicMass"]) for f in options.molecules for _, r in rows(f) if r["MolecularFormula"] in train})
    kept = 0
    with open(options.output, "w") as out:
        with open_text(options.molecules[0]) as first:
            out.write(next(first))
        for path in options.molecules:
            for line, row in rows(path):
                formula = row["MolecularFormula"]
                if row["source"] in options.leave_out_sources or formula in formulas or row["InChIKey1"][:14] in keys:
                    continue
                if formula in train or near(float(row["MonoisotopicMass"]), masses, options.ppm):
                    out.write(line)
                    kept += 1
    print(f"{kept} decoys; {len(formulas)} formulas and {len(keys)} keys are held out")


if __name__ == "__main__":
    main()
