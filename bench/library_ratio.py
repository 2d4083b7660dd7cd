#!/usr/bin/env python3
"""Speed of searching a spectrum library, side by side: molbridge, ms_entropy's flash search, and matchms' pairwise cosine.

Prints processor seconds per query (user and system, all threads), since a busy machine stretches elapsed time. molbridge's figure is that of
`embed spectra` over all queries less that over one query, which is the reading and indexing of the library; its writing of the vectors is
contained. ms_entropy and matchms get peaks in memory, and matchms, which has no index, a few queries only.

Needs PyPI's ms_entropy and matchms, and numpy below 2.
Usage: bench/library_ratio.py --molbridge build/release/molbridge --library train.mgf.gz --queries val.mgf.gz
"""
import argparse
import gzip
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import matchms
import matchms.similarity
import ms_entropy
import numpy

TOLERANCE = 0.02


def read_mgf(path):
    spectra, peaks, precursor = [], None, 0.0
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt") as lines:
        for line in lines:
            if line.startswith("BEGIN IONS"):
                peaks, precursor = [], 0.0
            elif line.startswith("END IONS"):
                spectra.append((precursor, numpy.array(sorted(peaks), dtype=numpy.float32).reshape(-1, 2)))
                peaks = None
            elif line.startswith("PEPMASS="):
                precursor = float(line[8:].split()[0])
            elif peaks is not None and line[:1].isdigit():
                mz, intensity = line.split()[:2]
                if float(intensity) > 0:
                    peaks.append((float(mz), float(intensity)))
    return [(precursor, peaks) for precursor, peaks in spectra if len(peaks)]


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def molbridge_seconds(binary, model, queries, folder):
    before = children_seconds()
    start = time.time()
    subprocess.run([binary, "embed", "spectra", queries, "--model", model, "--restart", "-o", str(folder / "out.npy"), "--threads", "2", "--quiet"], check=False)
    return children_seconds() - before, time.time() - start


def search_with_molbridge(arguments, similarity, count, folder):
    model = str(folder / similarity)
    subprocess.run([arguments.molbridge, "model", "library", "--spectra", arguments.known, "--similarity", similarity, "-o", model, "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    one = folder / "one.mgf"
    one.write_text("BEGIN IONS\nTITLE=one\nPEPMASS=200.1\nIONMODE=positive\nADDUCT=[M+H]+\n100.0 1\nEND IONS\n")
    alone, elapsed_alone = molbridge_seconds(arguments.molbridge, model, str(one), folder)
    everything, elapsed = molbridge_seconds(arguments.molbridge, model, arguments.queries, folder)
    print(f"molbridge {similarity}: {1e3 * (everything - alone) / count:.3f} ms per query; {everything:.1f} s of processor for all, "
          f"{alone:.1f} s of it to load; elapsed {elapsed:.1f} s", flush=True)
    return (everything - alone) / count


def flash_seconds(library, queries):
    search = ms_entropy.FlashEntropySearch(max_ms2_tolerance_in_da=TOLERANCE)
    search.build_index([{"id": i, "precursor_mz": p, "peaks": peaks} for i, (p, peaks) in enumerate(library)],
                       min_ms2_difference_in_da=2 * TOLERANCE, max_indexed_mz=2000)
    start = time.process_time()
    for precursor, peaks in queries:
        cleaned = ms_entropy.clean_spectrum(peaks, min_ms2_difference_in_da=2 * TOLERANCE)
        search.open_search(peaks=cleaned, ms2_tolerance_in_da=TOLERANCE)
    return (time.process_time() - start) / len(queries)


def matchms_seconds(library, queries):
    as_spectrum = lambda p, peaks: matchms.Spectrum(peaks[:, 0].astype(float), peaks[:, 1].astype(float), {"precursor_mz": p},
                                                    metadata_harmonization=False)
    references = [as_spectrum(*one) for one in library]
    asked = [as_spectrum(*one) for one in queries]
    measure = matchms.similarity.CosineGreedy(tolerance=TOLERANCE, intensity_power=0.5)
    measure.pair(references[0], asked[0])  # compiles
    start = time.process_time()
    for query in asked:
        for reference in references:
            measure.pair(reference, query)
    return (time.process_time() - start) / len(queries)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--molbridge", required=True)
    parser.add_argument("--library", required=True, dest="known", help="MGF of spectra with structures")
    parser.add_argument("--queries", required=True)
    parser.add_argument("--flash", type=int, default=500, help="queries for ms_entropy")
    parser.add_argument("--matchms", type=int, default=2, help="queries for matchms")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    library, queries = read_mgf(arguments.known), read_mgf(arguments.queries)
    print(f"{len(library)} library spectra, {len(queries)} queries", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        ours = {s: search_with_molbridge(arguments, s, len(queries), pathlib.Path(folder)) for s in ("cosine", "entropy", "modified-cosine", "neutral-loss")}
    step = max(1, len(queries) // arguments.flash)
    flash = flash_seconds(library, queries[::step][:arguments.flash])
    print(f"ms_entropy open search: {1e3 * flash:.3f} ms per query; ratio {flash / ours['entropy']:.1f}", flush=True)
    plain = matchms_seconds(library, queries[:: len(queries) // arguments.matchms][:arguments.matchms])
    print(f"matchms CosineGreedy, pair by pair: {1e3 * plain:.0f} ms per query; ratio {plain / ours['cosine']:.0f}", flush=True)


if __name__ == "__main__":
    main()
