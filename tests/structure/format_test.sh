#!/usr/bin/env bash
# Every C++ file is as .clang-format says. Versions of clang-format differ in what they make of it, so the version is fixed; where it is
# missing the test exits with 77 (skipped) and says so. To mend: clang-format -i FILE.
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
