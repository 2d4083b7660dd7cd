#!/usr/bin/python3
"""Checks the files of examples/ against themselves and against reference data.

    tools/check_examples.py [--examples examples] [--data ../shared/data] [--report rows.tsv]

Without reference data it still checks that every SMILES parses, gives the stated formula and is listed once, that
spectra, answers and molecules agree, and how many candidates each spectrum has within 10 ppm. With reference data (a
folder that holds molecules/*.tsv.gz and massbank/*.mgf.gz; text/ and kg/ where present) it also requires every
structure to be found there by InChIKey first block with the same formula and mass, reports names that the reference
gives to another structure, and compares each spectrum peak by peak with the record that it names.

Needs Debian's python3-rdkit and libinchi-bin. Exit status: 0 all well, 1 something disagrees, 2 a program or file is
missing.
"""

import argparse
import collections
import csv
import glob
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

try:
    from rdkit import Chem, RDLogger
    from rdkit.Chem import Descriptors, rdMolDescriptors
    from rdkit.Chem.MolStandardize import rdMolStandardize
except ImportError:
    sys.stderr.write("check_examples: RDKit for Python is missing; "
                     "apt-get install python3-rdkit, run with /usr/bin/python3\n")
    sys.exit(2)

RDLogger.DisableLog("rdApp.*")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ELECTRON = 0.000548579909
# Mass that the ion adds to the neutral molecule, for the adducts in the examples. A spectrum without one is read as
# (de)protonated here; the program itself tries more.
ADDUCT_SHIFT = {
    "[M+H]+": 1.00782503207 - ELECTRON,
    "[M+Na]+": 22.9897692809 - ELECTRON,
    "[M+NH4]+": 14.0030740048 + 4 * 1.00782503207 - ELECTRON,
    "[M]+": 0.0,  # the table lists the cation itself
    "[M-H]-": -(1.00782503207 - ELECTRON),
}
OPEN_LICENCES = {"CC0", "CC BY", "dl-de/by-2-0"}
# Names that the reference uses for something else: the carbinol of the dye, and a tautomer that InChI tells apart.
AMBIGUOUS_NAMES = {"Malachite green", "Indigo"}
Molecule = collections.namedtuple("Molecule", "name smiles formula cls key mass")


def stop(text):
    sys.stderr.write(f"check_examples: {text}\n")
    sys.exit(2)


class Findings:
    """Collects what disagrees, so that one run tells everything."""

    def __init__(self):
        self.errors = []
        self.notes = []

    def error(self, text):
        self.errors.append(text)

    def note(self, text):
        self.notes.append(text)


def standardize(smiles):
    """Largest fragment, neutral where protons do it, no stereo: what the program compares."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return None
    mol = rdMolStandardize.LargestFragmentChooser().choose(mol)
    mol = rdMolStandardize.Uncharger().uncharge(mol)
    Chem.RemoveStereochemistry(mol)
    return mol


def inchi_blocks(mols):
    """First InChIKey blocks, in order, by Debian's InChI program."""
    program = shutil.which("inchi_main")
    if program is None:
        stop("inchi_main is missing; apt-get install libinchi-bin")
    with tempfile.TemporaryDirectory() as folder:
        sdf = os.path.join(folder, "in.sdf")
        out = os.path.join(folder, "out.txt")
        with open(sdf, "w", encoding="ascii") as handle:
            for mol in mols:
                handle.write(Chem.MolToMolBlock(mol) + "$$$$\n")
        subprocess.run([program, sdf, out, os.devnull, os.devnull, "-AuxNone", "-NoLabels", "-Key"],
                       check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out, encoding="ascii") as handle:
            blocks = re.findall(r"^InChIKey=([A-Z]{14})-", handle.read(), re.M)
    if len(blocks) != len(mols):
        stop(f"inchi_main gave {len(blocks)} keys for {len(mols)} structures")
    return blocks


def mass_of(mol):
    """Monoisotopic mass of the molecule or ion, electrons counted."""
    return Descriptors.ExactMolWt(mol)


def read_molecules(path, findings):
    """Rows of a name/SMILES/formula/class table whose formula agrees; keys are InChIKey first blocks."""
    rows, mols = [], []
    with open(path, encoding="utf-8", newline="") as handle:
        for number, row in enumerate(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE), start=2):
            where = f"{os.path.relpath(path, ROOT)}:{number}: {row['name']}"
            mol = standardize(row["smiles"])
            if mol is None:
                findings.error(f"{where}: SMILES does not parse: {row['smiles']}")
                continue
            formula = rdMolDescriptors.CalcMolFormula(mol)
            if formula != row["formula"]:
                findings.error(f"{where}: SMILES gives {formula}, stated is {row['formula']}")
                continue
            rows.append(row)
            mols.append(mol)
    keys = inchi_blocks(mols)
    result = [Molecule(r["name"], r["smiles"], r["formula"], r["class"], k, mass_of(m))
              for r, k, m in zip(rows, keys, mols)]
    report_duplicates(result, findings)
    return result


def report_duplicates(molecules, findings):
    by_key, by_name = {}, {}
    for mol in molecules:
        if mol.key in by_key:
            findings.error(f"{mol.name} and {by_key[mol.key]} are one molecule ({mol.key})")
        if mol.name.lower() in by_name:
            findings.error(f"{mol.name} is listed twice")
        by_key[mol.key] = by_name[mol.name.lower()] = mol.name


def read_mgf(path):
    """Yields (fields, peak lines) of each BEGIN IONS block; keys in upper case."""
    opener = gzip.open if path.endswith(".gz") else open
    fields = peaks = None
    with opener(path, "rt", encoding="utf-8") as handle:
        for line in handle:
            line = line.strip()
            if line == "BEGIN IONS":
                fields, peaks = {}, []
            elif line == "END IONS":
                yield fields, peaks
                fields = None
            elif fields is not None and line and line[0].isdigit():
                peaks.append(tuple(float(v) for v in line.split()[:2]))
            elif fields is not None and "=" in line:
                key, value = line.split("=", 1)
                fields[key.upper()] = value


def read_msp(path):
    """Yields (fields, peaks) of each MSP record; keys in upper case."""
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    for block in re.split(r"\n\s*\n", text.strip()):
        fields, peaks = {}, []
        for line in block.splitlines():
            if line[:1].isdigit():
                peaks.append(tuple(float(v) for v in line.split()[:2]))
            elif ":" in line:
                key, value = line.split(":", 1)
                fields[key.strip().upper()] = value.strip()
        yield fields, peaks


def simple_name(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Reference:
    """Formula and mass by key and keys by name, of our molecules and names only."""

    def __init__(self, folder, keys, names):
        self.keys = keys
        self.names = names
        self.structures = {}
        self.named = collections.defaultdict(set)
        self.train, self.val = set(), set()
        for path in sorted(glob.glob(os.path.join(folder, "molecules", "*.tsv.gz"))):
            self._read_table(path, "InChIKey1", "CompoundName", "MolecularFormula", "MonoisotopicMass")
        self._read_table(os.path.join(folder, "text", "names.tsv.gz"), "inchikey14", "name")
        self._read_table(os.path.join(folder, "text", "drug_target.tsv.gz"), "inchikey14", "drug_name")
        self._read_table(os.path.join(folder, "kg", "nodes.tsv.gz"), "inchikey14", "name")
        self.records = {}
        for fold, seen in (("train", self.train), ("val", self.val)):
            self._read_spectra(os.path.join(folder, "massbank", f"massbank_{fold}.mgf.gz"), seen)

    def _read_table(self, path, key_column, name_column, formula_column=None, mass_column=None):
        if not os.path.exists(path):
            return
        with gzip.open(path, "rt", encoding="utf-8") as handle:
            header = handle.readline().rstrip("\n").split("\t")
            columns = (key_column, name_column, formula_column, mass_column)
            at = {column: header.index(column) for column in columns if column}
            for line in handle:
                cells = line.rstrip("\n").split("\t")
                key = cells[at[key_column]]
                if formula_column and key in self.keys:
                    fact = (cells[at[formula_column]], float(cells[at[mass_column]]))
                    self.structures.setdefault(key, fact)
                name = cells[at[name_column]] if at[name_column] < len(cells) else ""
                if key and name:
                    self._add_name(name, key)

    def _read_spectra(self, path, seen):
        for fields, peaks in read_mgf(path):
            key = fields.get("INCHIKEY", "")[:14]
            seen.add(key)
            if key in self.keys:
                self.structures.setdefault(key, (fields.get("FORMULA", ""), None))
            self._add_name(fields.get("NAME", ""), key)
            self.records[fields.get("TITLE", "")] = (fields, peaks)

    def _add_name(self, name, key):
        simple = simple_name(name)
        if simple in self.names:
            self.named[simple].add(key)


def check_against_reference(molecules, reference, findings):
    """Every structure is known with the same formula and mass; gives a status per molecule."""
    status = {}
    for mol in molecules:
        known = reference.structures.get(mol.key)
        named = reference.named.get(simple_name(mol.name), set())
        if known is None:
            findings.error(f"{mol.name}: structure {mol.key} is not in the reference")
            status[mol.key] = "unknown structure"
            continue
        # The reference may list the salt form or the ion that it was measured as: hydrogens and charge may differ then.
        if strip_protons(known[0]) != strip_protons(mol.formula):
            findings.error(f"{mol.name}: formula {mol.formula}, reference {known[0]}")
        elif known[0] == mol.formula and known[1] is not None and abs(known[1] - mol.mass) > 1e-4:
            findings.error(f"{mol.name}: mass {mol.mass:.4f}, reference {known[1]:.4f}")
        if mol.key in named:
            status[mol.key] = "name and structure"
        elif named:
            status[mol.key] = "structure (the reference uses the name for another)"
            tell = findings.note if mol.name in AMBIGUOUS_NAMES else findings.error
            tell(f"{mol.name}: {mol.key} is known, but the reference gives the name to {', '.join(sorted(named))}")
        else:
            status[mol.key] = "structure"
    return status


def strip_protons(formula):
    return re.sub(r"[+-]\d*$", "", re.sub(r"H\d*(?![a-z])", "", formula))


def neutral_mass(fields, adduct):
    adduct = adduct or ("[M-H]-" if fields["IONMODE"].lower().startswith("n") else "[M+H]+")
    return float(fields["PEPMASS"].split()[0]) - ADDUCT_SHIFT[adduct]


def candidates_of(fields, molecules, ppm=10.0):
    """Molecules of the table within the window, relative to the neutral mass."""
    mass = neutral_mass(fields, fields.get("ADDUCT"))
    return [m for m in molecules if abs(m.mass - mass) <= ppm * 1e-6 * mass]


def read_answers(path):
    with open(path, encoding="utf-8", newline="") as handle:
        return {row["title"]: row for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)}


def as_mgf_fields(fields):
    """The fields of an MSP record under the names of MGF."""
    names = {"DB#": "TITLE", "PRECURSORMZ": "PEPMASS", "PRECURSOR_TYPE": "ADDUCT"}
    out = {names.get(key, key): value for key, value in fields.items()}
    out["IONMODE"] = "negative" if fields.get("ION_MODE", "P").upper().startswith("N") else "positive"
    return out


def check_spectrum(fields, peaks, answers, molecules, reference, findings):
    """One spectrum against its answer, the molecules and the record that it names; gives a table row."""
    title = fields.get("TITLE", "?")
    for key in ("SOURCE", "AUTHORS", "LICENSE", "PEPMASS", "IONMODE", "NAME"):
        if not fields.get(key):
            findings.error(f"{title}: no {key}")
    if fields.get("LICENSE") not in OPEN_LICENCES:
        findings.error(f"{title}: licence {fields.get('LICENSE')}")
    answer = answers.get(title)
    if answer is None:
        findings.error(f"{title}: not in known_answers.tsv")
        return None
    if answer["inchikey14"] not in {m.key for m in molecules}:
        findings.error(f"{title}: its answer {answer['name']} ({answer['inchikey14']}) is not in molecules.tsv")
    pool = candidates_of(fields, molecules)
    if answer["inchikey14"] not in {m.key for m in pool}:
        findings.error(f"{title}: its answer {answer['name']} is not within 10 ppm")
    fold = "-"
    if reference:
        fold = check_record(fields, peaks, answer, reference, findings)
    return [title, answer["name"], fields.get("ADDUCT", "(none)"), fields.get("LICENSE", ""), str(len(peaks)),
            str(len(pool)), fold]


def check_record(fields, peaks, answer, reference, findings):
    title = fields["TITLE"]
    record = reference.records.get(title)
    if record is None:
        findings.error(f"{title}: no such record in the reference")
        return "unknown"
    theirs, their_peaks = record
    if peaks != their_peaks:
        findings.error(f"{title}: peaks differ from the record")
    for key in ("PEPMASS", "IONMODE", "AUTHORS", "LICENSE", "ADDUCT"):
        mine, other = fields.get(key, ""), theirs.get(key, "")
        same = float(mine) == float(other) if key == "PEPMASS" and mine and other else mine == other
        if not same:
            findings.error(f"{title}: {key} is {mine!r}, in the record {other!r}")
    if theirs.get("INCHIKEY", "")[:14] != answer["inchikey14"]:
        findings.error(f"{title}: the record is of {theirs.get('INCHIKEY')}, the answer says {answer['inchikey14']}")
    if answer["inchikey14"] in reference.train:
        findings.error(f"{title}: {answer['name']} is in the training spectra")
        return "train"
    return "not in train"


def check_local_csv(path, molecules, findings):
    """The MetFrag LocalCSV sample: columns agree with its SMILES."""
    with open(path, encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    mols = [standardize(row["SMILES"]) for row in rows]
    for row, mol, key in zip(rows, mols, inchi_blocks(mols)):
        where = f"{os.path.relpath(path, ROOT)}: {row['CompoundName']}"
        if rdMolDescriptors.CalcMolFormula(mol) != row["MolecularFormula"]:
            findings.error(f"{where}: formula {row['MolecularFormula']}")
        if abs(mass_of(mol) - float(row["MonoisotopicMass"])) > 1e-4:
            findings.error(f"{where}: mass {row['MonoisotopicMass']}, computed {mass_of(mol):.6f}")
        if key != row["InChIKey1"]:
            findings.error(f"{where}: InChIKey1 {row['InChIKey1']}, computed {key}")
        if not row["InChIKey"].startswith(key + "-"):
            findings.error(f"{where}: InChIKey {row['InChIKey']}, computed {key}")
        if key not in {m.key for m in molecules}:
            findings.error(f"{where}: not in molecules.tsv")
    return len(rows)


def compare_with_reference(molecules, folder, findings):
    """The reference and the status of each key; None and {} without reference data."""
    if not os.path.isdir(os.path.join(folder, "molecules")):
        print(f"  no reference data in {folder}: structures and records not compared")
        return None, {}
    reference = Reference(folder, {m.key for m in molecules}, {simple_name(m.name) for m in molecules})
    status = check_against_reference(molecules, reference, findings)
    for text, count in collections.Counter(status.values()).most_common():
        print(f"  {count:4d} found by {text}" if text != "unknown structure" else f"  {count:4d} not found")
    return reference, status


def check_spectra(folder, molecules, reference, findings):
    answers = read_answers(os.path.join(folder, "known_answers.tsv"))
    spectra = list(read_mgf(os.path.join(folder, "spectra.mgf")))
    spectra += [(as_mgf_fields(f), p) for f, p in read_msp(os.path.join(folder, "one.msp"))]
    print_table([check_spectrum(f, p, answers, molecules, reference, findings) for f, p in spectra])
    for title in answers.keys() - {f.get("TITLE") for f, _ in spectra}:
        findings.error(f"known_answers.tsv: {title} is no example spectrum")


def print_table(rows):
    header = ["title", "answer", "adduct", "licence", "peaks", "candidates", "fold"]
    rows = [header] + [r for r in rows if r]
    widths = [max(len(r[i]) for r in rows) for i in range(len(header))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def write_report(path, molecules, status):
    with open(path, "w", encoding="utf-8") as handle:
        handle.write("name\tformula\tmonoisotopic_mass\tinchikey14\tclass\tstatus\n")
        for m in molecules:
            cells = (m.name, m.formula, f"{m.mass:.6f}", m.key, m.cls, status.get(m.key, "not compared"))
            handle.write("\t".join(cells) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", default=os.path.join(ROOT, "examples"), help="folder to check")
    parser.add_argument("--data", default=os.path.join(ROOT, "../shared/data"), help="reference data")
    parser.add_argument("--report", help="write name, mass, InChIKey block and status of every row to this TSV")
    options = parser.parse_args()
    findings = Findings()
    molecules = read_molecules(os.path.join(options.examples, "molecules.tsv"), findings)
    print(f"molecules.tsv: {len(molecules)} rows parse, give their formula and have an InChIKey")
    reference, status = compare_with_reference(molecules, options.data, findings)
    check_spectra(options.examples, molecules, reference, findings)
    rows = check_local_csv(os.path.join(options.examples, "molecules.csv"), molecules, findings)
    print(f"molecules.csv: {rows} rows")
    if options.report:
        write_report(options.report, molecules, status)
    for text in findings.notes:
        print("note: " + text)
    for text in findings.errors:
        print("ERROR: " + text)
    return 1 if findings.errors else 0


if __name__ == "__main__":
    sys.exit(main())
