#!/usr/bin/env bash
# From a fresh Debian 12 to identified spectra: installs what is missing, builds, makes the example bank, identifies the example
# spectra. Works twice in a row; the second run takes seconds.
set -euo pipefail
cd "$(dirname "$0")"
SECONDS=0
step() { printf '\n\033[1m[%s/4] %s\033[0m\n' "$1" "$2"; }

step 1 "packages"
tools/install_packages.sh

step 2 "build"
cmake --preset release >/dev/null
cmake --build --preset release -j "$(nproc)" --target molbridge molbridge-train

step 3 "bank of examples/molecules.tsv"
build/release/molbridge bank build examples/molecules.tsv -o examples/bank

step 4 "identify examples/spectra.mgf"
build/release/molbridge identify examples/spectra.mgf -o examples/results.tsv
if [[ ! -t 2 ]]; then # identify shows its table on terminals only
  awk -F '\t' '$1 != query { query = $1; printf "%-28.28s %10s  %-10s %7.4f  %-16s %s\n", $2, $3, $4, $7, $10, $11 }' \
    <(tail -n +2 examples/results.tsv)
fi

printf '\nexamples/results.tsv: %s rows. Total time: %d min %d s.\n' "$(($(wc -l <examples/results.tsv) - 1))" $((SECONDS / 60)) $((SECONDS % 60))
