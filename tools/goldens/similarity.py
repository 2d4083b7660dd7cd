#!/usr/bin/env python3
"""Writes synthetic spectra and what matchms and ms_entropy say of pairs of them, for the tests of spectra/similarity.

Needs PyPI's matchms and ms_entropy, and numpy below 2. Output, committed: tests/golden/similarity/pairs.json with
  spectra    [{"precursor_mz", "mz", "intensity", "entropy"}]; entropy is that of ms_entropy after its own cleaning
  settings   {name: {"kind", "tolerance", "mz_power", "intensity_power", "remove_precursor"}}
  pairs      {name: [[a, b, score, matched peaks]]}; ms_entropy does not count peaks: -1

Spectra come in families: one is drawn, the others are replicates of it with jitter, and analogues whose upper peaks are shifted as their precursor is. Some are
crowded, so that peaks compete for partners and are merged. ms_entropy computes in float32: pairs whose score hangs on the last digits of the tolerance
are left out.

Usage: tools/goldens/similarity.py [FILE]
"""
import json
import pathlib
import random
import sys

import matchms.similarity
import ms_entropy
import numpy
from matchms import Spectrum

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FAMILIES = 24
PAIRS = 150  # per setting
MARGIN = 1.6  # Th below the precursor
SETTINGS = {
    "cosine": dict(kind="cosine", tolerance="0.02 Da", mz_power=0, intensity_power=1, remove_precursor=False),
    "cosine_wide_sqrt": dict(kind="cosine", tolerance="0.1 Da", mz_power=0, intensity_power=0.5, remove_precursor=False),
    "cosine_nist": dict(kind="cosine", tolerance="0.02 Da", mz_power=1.3, intensity_power=0.53, remove_precursor=False),
    "modified_cosine": dict(kind="modified-cosine", tolerance="0.02 Da", mz_power=0, intensity_power=1, remove_precursor=False),
    "modified_cosine_wide": dict(kind="modified-cosine", tolerance="0.1 Da", mz_power=0, intensity_power=0.5, remove_precursor=False),
    "neutral_loss": dict(kind="neutral-loss", tolerance="0.02 Da", mz_power=0, intensity_power=1, remove_precursor=False),
    "entropy": dict(kind="entropy", tolerance="0.02 Da", mz_power=0, intensity_power=1, remove_precursor=False),
    "entropy_ppm": dict(kind="entropy", tolerance="10 ppm", mz_power=0, intensity_power=1, remove_precursor=False),
    "entropy_removed": dict(kind="entropy", tolerance="0.02 Da", mz_power=0, intensity_power=1, remove_precursor=True),
}


def family(rng, crowded):
    """A spectrum and five that are like it: (precursor, {mz: intensity})."""
    precursor = round(rng.uniform(150, 900), 4)
    count = rng.randint(1, 22)
    anchors = [rng.uniform(50, precursor) for _ in range(count)]
    if crowded:
        anchors = [m + rng.uniform(-0.06, 0.06) for m in anchors for _ in range(rng.randint(1, 4))]
    base = [(m, 10 ** rng.uniform(0, 3)) for m in anchors] + [(precursor, 10 ** rng.uniform(0, 3))]
    members = [(precursor, base)]
    for jitter in (0.002, 0.008, 0.03):
        members.append((precursor, [(m + rng.gauss(0, jitter), i * rng.uniform(0.3, 1.7)) for m, i in base if rng.random() < 0.9]))
    for shift in (14.01565, -18.01056):
        pivot = rng.uniform(0.3, 0.8) * precursor
        moved = [(m + (shift if m > pivot else 0) + rng.gauss(0, 0.003), i * rng.uniform(0.5, 1.5)) for m, i in base]
        members.append((round(precursor + shift, 4), moved))
    return members


def finish(precursor, peaks):
    peaks = sorted({round(m, 5): round(i, 3) for m, i in peaks if m > 20}.items()) or [(50.0, 1.0)]
    return {"precursor_mz": precursor, "mz": [m for m, _ in peaks], "intensity": [i for _, i in peaks]}


def as_matchms(spectrum):
    return Spectrum(numpy.array(spectrum["mz"]), numpy.array(spectrum["intensity"]), {"precursor_mz": spectrum["precursor_mz"]},
                    metadata_harmonization=False)


def as_array(spectrum):
    return numpy.array([spectrum["mz"], spectrum["intensity"]], dtype=numpy.float32).T


def cosine_like(a, b, setting):
    kinds = {"cosine": matchms.similarity.CosineGreedy, "modified-cosine": matchms.similarity.ModifiedCosine,
             "neutral-loss": matchms.similarity.NeutralLossesCosine}
    measure = kinds[setting["kind"]](tolerance=float(setting["tolerance"].split()[0]), mz_power=setting["mz_power"],
                                     intensity_power=setting["intensity_power"])
    result = measure.pair(as_matchms(a), as_matchms(b))
    return float(result["score"]), int(result["matches"])


def entropy_like(a, b, setting, factor=1.0):
    def peaks_of(spectrum):
        array = as_array(spectrum)
        return array[array[:, 0] <= spectrum["precursor_mz"] - MARGIN] if setting["remove_precursor"] else array
    value, unit = setting["tolerance"].split()
    da, ppm = (float(value) * factor, -1) if unit == "Da" else (-1, float(value) * factor)
    return float(ms_entropy.calculate_entropy_similarity(peaks_of(a), peaks_of(b), ms2_tolerance_in_da=da, ms2_tolerance_in_ppm=ppm))


def entropy_pair(a, b, setting):
    """None where a little more or less tolerance decides."""
    score = entropy_like(a, b, setting)
    near = [entropy_like(a, b, setting, factor) for factor in (0.99, 1.01)]
    return None if max(abs(score - other) for other in near) > 1e-6 else (score, -1)


def main():
    rng = random.Random(11)
    spectra = [finish(*member) for f in range(FAMILIES) for member in family(rng, crowded=f % 3 == 0)]
    for spectrum in spectra:
        spectrum["entropy"] = float(ms_entropy.calculate_spectral_entropy(as_array(spectrum)))
    pairs = {}
    for name, setting in SETTINGS.items():
        score = entropy_pair if setting["kind"] == "entropy" else cosine_like
        rows = []
        while len(rows) < PAIRS:
            a = rng.randrange(len(spectra))
            b = rng.randrange(len(spectra)) if rng.random() < 0.2 else a // 6 * 6 + rng.randrange(6)
            found = score(spectra[a], spectra[b], setting)
            if found is not None:
                rows.append([a, b, round(found[0], 12), found[1]])
        pairs[name] = rows
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "tests/golden/similarity/pairs.json"
    text = json.dumps({"spectra": spectra, "settings": SETTINGS, "pairs": pairs}, separators=(",", ":"))
    path.write_text(text.replace("},{", "},\n{").replace("]],", "]],\n") + "\n")


if __name__ == "__main__":
    main()
