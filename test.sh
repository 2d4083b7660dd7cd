#!/usr/bin/env bash
# Installs what is missing, builds, runs all tests. Exit code 0 only if all pass. Works twice in a row, offline once installed.
set -euo pipefail
cd "$(dirname "$0")"
tools/install_packages.sh
tools/build.sh release
exec ctest --preset release -j2
