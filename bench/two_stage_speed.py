#!/usr/bin/env python3
"""Speed of identify with and without the second stage, on spectra whose pools are of a given size.

Counts the molecules within the tolerance of every spectrum by a first run, keeps the spectra whose pools are between --low and --high molecules,
repeats them to --count, and times `molbridge identify` over them with --stages 1 and with all stages, in turn. What a run over one spectrum takes
(start, reading of model and bank) is taken off. Prints elapsed seconds, spectra per second and candidates per second.

Usage: bench/two_stage_speed.py --molbridge build/release/molbridge --spectra val.mgf.gz --bank DIR [--model DIR] [--low 400 --high 600]
"""
import argparse
import csv
import gzip
import pathlib
import statistics
import subprocess
import tempfile
import time


def read_blocks(path):
    opener = gzip.open if path.endswith(".gz") else open
    block, blocks = [], []
    with opener(path, "rt") as lines:
        for line in lines:
            if line.startswith("BEGIN IONS"):
                block = []
            block.append(line)
            if line.startswith("END IONS"):
                blocks.append("".join(block) + "\n")
    return blocks


class Identify:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder

    def run(self, spectra, stages):
        """Elapsed seconds and the rows of the best hits."""
        out = self.folder / "hits.tsv"
        command = [self.options.molbridge, "identify", str(spectra), "--bank", self.options.bank, "--top-k", "1", "-q", "-o", str(out),
                   "--threads", str(self.options.threads)]
        if self.options.model:
            command += ["--model", self.options.model]
        if stages == 1:
            command += ["--stages", "1"]
        start = time.monotonic()
        code = subprocess.run(command, check=False).returncode
        seconds = time.monotonic() - start
        if code not in (0, 1):  # 1: a spectrum was skipped
            raise SystemExit(f"{' '.join(command)} ended with {code}")
        with open(out, encoding="utf-8") as lines:
            return seconds, list(csv.DictReader(lines, delimiter="\t"))


def chosen_blocks(identify, options, folder):
    blocks = read_blocks(options.spectra)
    everything = folder / "all.mgf"
    everything.write_text("".join(blocks))
    _, rows = identify.run(everything, 1)
    sizes = {int(row["query_index"]): int(row["num_candidates"] or 0) for row in rows}
    kept = [i for i, size in sizes.items() if options.low <= size <= options.high]
    if not kept:
        raise SystemExit(f"no spectrum has {options.low} to {options.high} candidates")
    print(f"{len(kept)} spectra with {options.low} to {options.high} candidates, mean {statistics.mean(sizes[i] for i in kept):.0f}; repeated to {options.count}")
    repeated = [kept[i % len(kept)] for i in range(options.count)]
    return [blocks[i] for i in repeated], statistics.mean(sizes[i] for i in repeated)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molbridge", required=True)
    parser.add_argument("--spectra", required=True, help="MGF, plain or .gz")
    parser.add_argument("--bank", required=True)
    parser.add_argument("--model", help="default: the shipped one")
    parser.add_argument("--low", type=int, default=400)
    parser.add_argument("--high", type=int, default=600)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        identify = Identify(options, folder)
        blocks, candidates = chosen_blocks(identify, options, folder)
        many, one = folder / "many.mgf", folder / "one.mgf"
        many.write_text("".join(blocks))
        one.write_text(blocks[0])
        seconds = {1: [], 2: []}
        for _ in range(options.rounds):
            for stages, found in seconds.items():
                found.append(identify.run(many, stages)[0] - identify.run(one, stages)[0])
    for stages, found in seconds.items():
        middle = statistics.median(found)
        rate = (options.count - 1) / middle
        print(f"stages {stages}: {middle:.2f} s ({', '.join(f'{s:.2f}' for s in found)}), {rate:.0f} spectra/s, {rate * candidates:,.0f} candidates/s")


if __name__ == "__main__":
    main()
