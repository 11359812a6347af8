#!/usr/bin/env bash
# What a build says of the tree that it was made from, in small repositories with the project's own script. Exits with 77 (skipped) without git.
#
#   version_test.sh SOURCE_TREE CMAKE
set -euo pipefail
source=$1 cmake=$2
command -v git >/dev/null || { echo "skipped: no git"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a

fill() { # FOLDER: what a tree needs to know its version
  mkdir -p "$1/cmake" "$1/suite"
  cp "$source/cmake/reprise_version.cmake" "$source/cmake/archived_commit.txt" "$1/cmake"
  cp "$source/suite/version.cpp.in" "$1/suite"
  cp "$source/.gitattributes" "$1"
  echo "int one;" >"$1/suite/one.cpp"
}
fact() { # FOLDER KEY
  "$cmake" -DSOURCE_DIR="$1" -DOUTPUT="$work/version.cpp" -DPROJECT_VERSION=1 -DCOMPILER=c -DFLAGS=f -DBUILD_TYPE=b -P "$1/cmake/reprise_version.cmake"
  sed -n "s/.*{\"$2\", \"\(.*\)\"}.*/\1/p" "$work/version.cpp"
}
expect() { # WHAT EXPECTED FOUND
  [ "$2" = "$3" ] || { echo "FAILED: $1: expected $2, found $3"; exit 1; }
}
is_dirty() { # WHAT FOLDER
  local state
  state=$(fact "$2" git_dirty_diff_sha1)
  [[ $state =~ ^[0-9a-f]{40}$ ]] || { echo "FAILED: $1: expected a digest of the changes, found '$state'"; exit 1; }
  echo "$state"
}

tree=$work/tree
fill "$tree"
git -C "$tree" init -q && git -C "$tree" add . && git -C "$tree" commit -qm one
commit=$(git -C "$tree" rev-parse HEAD)
expect "a clean tree" clean "$(fact "$tree" git_dirty_diff_sha1)"
expect "its commit" "$commit" "$(fact "$tree" git_commit)"

echo "int new;" >"$tree/suite/new.cpp"
one=$(is_dirty "an untracked source" "$tree")
echo "int newer;" >"$tree/suite/new.cpp"
[ "$one" != "$(is_dirty "another untracked source" "$tree")" ] || { echo "FAILED: two untracked sources have one digest"; exit 1; }
echo "*.cpp" >"$work/ignored"
git config --global core.excludesFile "$work/ignored"
is_dirty "an untracked source that the user ignores everywhere" "$tree" >/dev/null
rm "$tree/suite/new.cpp"

echo "int two;" >"$tree/suite/one.cpp"
git config --global diff.external /bin/true
export GIT_EXTERNAL_DIFF=/bin/true
two=$(is_dirty "a change under diff.external" "$tree")
echo "int three;" >"$tree/suite/one.cpp"
[ "$two" != "$(is_dirty "another change" "$tree")" ] || { echo "FAILED: two changes have one digest under diff.external"; exit 1; }
printf 'a\0b' >"$tree/suite/one.cpp"
binary=$(is_dirty "a binary change" "$tree")
printf 'a\0c' >"$tree/suite/one.cpp"
[ "$binary" != "$(is_dirty "another binary change" "$tree")" ] || { echo "FAILED: two binary changes have one digest"; exit 1; }
git -C "$tree" checkout -q suite/one.cpp
expect "a clean tree again" clean "$(fact "$tree" git_dirty_diff_sha1)"

other=$work/other
mkdir "$other" && git -C "$other" init -q && git -C "$other" commit -q --allow-empty -m other
expect "a tree beside the repository of a git hook" "$commit" "$(GIT_DIR=$other/.git GIT_WORK_TREE=$other fact "$tree" git_commit)"

mkdir "$other/tarball"
git -C "$tree" archive HEAD | tar -x -C "$other/tarball"
expect "the commit of a tarball inside another repository" "$commit" "$(fact "$other/tarball" git_commit)"
expect "whether a tarball was changed" unknown "$(fact "$other/tarball" git_dirty_diff_sha1)"
fill "$work/copy"
expect "the commit of a copy without git" unknown "$(fact "$work/copy" git_commit)"

mkdir "$work/bin"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/git" && chmod +x "$work/bin/git"
expect "the state of a tree without a git that works" unknown "$(PATH=$work/bin:$PATH fact "$tree" git_dirty_diff_sha1)"
# shellcheck disable=SC2016  # the script's own variables
printf '#!/bin/sh\nfor word; do [ "$word" != status ] || exit 1; done\nexec %s "$@"\n' "$(command -v git)" >"$work/bin/git"
expect "the state of a tree whose git cannot tell it" unknown "$(PATH=$work/bin:$PATH fact "$tree" git_dirty_diff_sha1)"
echo "a build knows its tree"
