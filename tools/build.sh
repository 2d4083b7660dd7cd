#!/usr/bin/env bash
# Configures and builds a preset. Usage: tools/build.sh [release|debug|asan|tsan|fuzz|bench] [TARGET...]
# Environment: JOBS, the number of parallel compilations (default: the cores this process may use).
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
targets=()
(($# > 0)) && targets=(--target "$@")
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" -j "${JOBS:-$(nproc)}" "${targets[@]}"
