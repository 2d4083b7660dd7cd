#!/usr/bin/env bash
# Trains the model that ships, models/default, from public data: decoys, fragment networks, first stages, combiner and calibration.
# Every step that is done is skipped and every training goes on where it was cut off, so the command may be repeated until it ends.
#   tools/train_default.sh [DATA [OUT]]     DATA: folder with massbank/ and molecules/ (docs/data.md), default ../shared/data; OUT: model folder, default runs/default
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-../shared/data}
out=${2:-runs/default}
molbridge=${MOLBRIDGE:-build/release/molbridge}
train="$data/massbank/massbank_train.mgf.gz"
held_out="$data/massbank/massbank_val.mgf.gz"
mkdir -p runs

[[ -f runs/decoys.tsv ]] ||
  { tools/make_decoys.py --train "$train" --held-out "$held_out" --molecules "$data"/molecules/molecules_*.tsv.gz -o runs/decoys.tsv.part &&
    mv runs/decoys.tsv.part runs/decoys.tsv; }
[[ -f runs/decoys-bank/bank.toml ]] || "$molbridge" bank build runs/decoys.tsv -o runs/decoys-bank

run() { # config folder [settings...]
  local config=$1 folder=$2
  shift 2
  [[ -f $folder/model/model.toml ]] || "$molbridge" train --config "configs/$config.toml" -o "$folder" --set "data.train=['$train']" --set "data.held_out=['$held_out']" "$@"
}
fold=(--set data.folds=3 --set data.fold=0)
run fragment-net runs/fragment-net-fold0 "${fold[@]}"
run fragment-net runs/fragment-net
run default-bridge-simulated runs/default-bridge-simulated-fold0 "${fold[@]}" --set simulated.fragments=runs/fragment-net-fold0/model
run default-bridge-simulated runs/default-bridge-simulated
run default-bridge runs/default-bridge-fold0 "${fold[@]}" --fork runs/default-bridge-simulated-fold0
run default-bridge runs/default-bridge --fork runs/default-bridge-simulated
run reranker runs/reranker
"$molbridge" model join --bridge runs/default-bridge/model --rerank runs/reranker/model -o "$out" --name default --force
