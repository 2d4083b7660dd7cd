#!/usr/bin/env bash
# Formats all C++ files with clang-format 14 (Debian 12). With --check: changes nothing, shows the differences, exit code 1 if any.
set -euo pipefail
cd "$(dirname "$0")/.."
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [[ -z $formatter ]]; then
  echo "format: clang-format is not installed; run tools/install_packages.sh --developer" >&2
  exit 2
fi
version=$("$formatter" --version | grep -oE '[0-9]+' | head -1)
if [[ $version != 14 ]]; then
  echo "format: clang-format 14 is needed (other versions format differently), found $version" >&2
  exit 2
fi
mapfile -t files < <(find src fuzz bench tests -name '*.cpp' -o -name '*.hpp' | sort)
if [[ ${1:-} == --check ]]; then
  status=0
  for file in "${files[@]}"; do
    "$formatter" "$file" | diff -u --label "$file" --label "$file (formatted)" "$file" - || status=1
  done
  ((status == 0)) && echo "format: ${#files[@]} files are formatted" || echo "format: run tools/format.sh" >&2
  exit $status
fi
"$formatter" -i "${files[@]}"
