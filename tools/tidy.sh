#!/usr/bin/env bash
# Runs clang-tidy (checks in .clang-tidy) and fails on any finding.
#
# Usage: tools/tidy.sh              files changed since the last commit and not committed ones
#        tools/tidy.sh --all        all of src/
#        tools/tidy.sh FILE...      these
# Environment: BUILD (default build/release), a configured build folder with compile_commands.json.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build/release}
if [[ ! -f $build/compile_commands.json ]]; then
  echo "tidy: $build is not configured; run: cmake --preset release" >&2
  exit 2
fi
case ${1:-} in
  --all) mapfile -t files < <(find src -name '*.cpp' | sort) ;;
  "") mapfile -t files < <({ git diff --name-only --diff-filter=d HEAD~1; git ls-files -o --exclude-standard; } | grep -E '^src/.*\.cpp$' | sort -u) ;;
  *) files=("$@") ;;
esac
if ((${#files[@]} == 0)); then
  echo "tidy: nothing to check"
  exit 0
fi
printf '%s\n' "${files[@]}" | xargs -P "${JOBS:-2}" -n 1 clang-tidy --quiet --warnings-as-errors='*' -p "$build" \
  --extra-arg=-Wno-unknown-warning-option 2> >(grep -v 'warnings\? generated' >&2 || true)
echo "tidy: ${#files[@]} files, no findings"
