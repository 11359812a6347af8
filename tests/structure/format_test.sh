#!/usr/bin/env bash
# Checks that every C++ file is formatted as .clang-format says. Versions of clang-format give different results, so the version is fixed; if
# it is missing, the test says so and exits with 77 (skipped). To fix a file: clang-format -i FILE.
#
#   format_test.sh VERSION SOURCE_TREE [CLANG_FORMAT]
set -euo pipefail
version=$1 source=$2 program=${3:-}

skip() { echo "skipped: $*"; exit 77; }
case "$program" in "" | *-NOTFOUND) skip "needs clang-format $version (Debian package clang-format-$version)" ;; esac
"$program" --version | grep -q "version $version\." || skip "needs clang-format $version, found $("$program" --version)"

cd "$source"
find suite datasets experiments reports tests -name '*.cpp' -print0 -o -name '*.hpp' -print0 |
  xargs -0 -n 32 -P 2 "$program" --dry-run --Werror
