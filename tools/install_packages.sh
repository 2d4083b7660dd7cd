#!/usr/bin/env bash
# Installs the Debian 12 packages named in packages/debian12.txt that are missing. Needs no network and no rights when none is.
#
# Usage: tools/install_packages.sh [--developer]     --developer: also packages/debian12-dev.txt (clang tools, ccache, benchmark)
set -euo pipefail
cd "$(dirname "$0")/.."
lists=(packages/debian12.txt)
[[ ${1:-} == --developer ]] && lists+=(packages/debian12-dev.txt)

if ! command -v dpkg-query >/dev/null; then
  echo "install: this is no Debian system; the libraries needed are listed in docs/dependencies.md" >&2
  exit 2
fi

missing=()
while read -r package; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done < <(grep -hvE '^\s*(#|$)' "${lists[@]}")

if ((${#missing[@]} == 0)); then
  echo "install: all packages are there"
  exit 0
fi
echo "install: ${#missing[@]} packages are missing: ${missing[*]}"

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install: run this as root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "install: done"
