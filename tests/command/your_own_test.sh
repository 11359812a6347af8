#!/usr/bin/env bash
# Does what docs/your-own.md says, in a folder of its own, and reads the results with the program of docs/results.md: writes each file that a
# fence names ("```toml own/x/published.toml"), makes the data, and runs every line of commands.sh. Exits with 77 (skipped) where Python has
# no h5py.
#
#   your_own_test.sh SOURCE_TREE REPRISE PYTHON
set -euo pipefail
document=$1/docs/your-own.md reprise=$2 python=$3

"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: $python has no h5py (Debian package python3-h5py)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir data
awk '
  /^```[a-z]+ [^ ]+$/ { file = $2; folder = file; if (sub("/[^/]*$", "", folder)) system("mkdir -p " folder); next }
  /^```/ { if (file != "") close(file); file = ""; next }
  file != "" { print > file }
' "$document" "$1/docs/results.md"
for file in make_data.py own/brightness/published.toml own/brightness/experiment.toml commands.sh table.py to_tensorboard.py; do
  [ -s "$file" ] || { echo "FAILED: the documents have no block $file"; exit 1; }
done

"$python" make_data.py
unset REPRISE_OWN_EXPERIMENTS REPRISE_DATA
reprise() { "$reprise" "$@"; }
while read -r line; do
  echo "\$ $line"
  eval "$line" >out 2>err || { cat out err; echo "FAILED: $line"; exit 1; }
done <commands.sh
[ "$(find results -name '*.h5' | wc -l)" = 9 ] || { echo "FAILED: expected three trials of three seeds"; find results; exit 1; }
grep -q perceptron-64 results/report/brightness.html
"$python" table.py results >table
cat table
[ "$(grep -c 'brightness/.* (desk): .* percent, 3 seeds' table)" = 3 ] || { echo "FAILED: docs/results.md: expected three rows of three seeds"; exit 1; }
[ "$(find results -name '*.jsonl' | wc -l)" = 9 ] || { echo "FAILED: docs/results.md: expected a stream beside each result"; exit 1; }
for stream in results/*/*/*.jsonl; do tail -n 1 "$stream" | grep -q '"event":"finished"' || { echo "FAILED: $stream has no end"; exit 1; }; done
# A result that h5py opened for writing has no seal; with the same content it gets one again, changed it does not.
one=$(find results -name '*.h5' | sort | head -n 1)
cp "$one" whole.h5 && cp "$one" changed.h5 && chmod u+w whole.h5 changed.h5
"$python" -c 'import h5py
h5py.File("whole.h5", "r+").close()
with h5py.File("changed.h5", "r+") as file: file["metrics/test_error"][...] = 0.5'
if reprise show whole.h5 2>err; then echo "FAILED: a result without its seal was read"; exit 1; fi
grep -q 'reprise seal whole.h5' err
reprise seal whole.h5
cmp whole.h5 "$one" || { echo "FAILED: whole.h5 was not sealed to the same bytes"; exit 1; }
if reprise seal changed.h5 2>err; then echo "FAILED: a changed result was sealed"; exit 1; fi
if "$python" -c 'import tensorboard' 2>/dev/null; then
  "$python" to_tensorboard.py results events
  [ "$(find events -name 'events.out.tfevents.*' -size +0 | wc -l)" = 9 ] || { echo "FAILED: docs/results.md: expected nine event files"; exit 1; }
fi
reprise data info bright --data data | grep -q 400
reprise data check bright --data data >/dev/null

if reprise list brightness 2>err; then echo "FAILED: without --experiments there is no such paper"; exit 1; fi
grep -q brightness err
if reprise list --experiments data 2>err; then echo "FAILED: a folder without papers is no folder of papers"; exit 1; fi
grep -q 'docs/your-own.md' err
mkdir -p clash/dropout && cp own/brightness/*.toml clash/dropout
if reprise list --experiments clash 2>err; then echo "FAILED: a name twice"; exit 1; fi
grep -q 'Rename the folder' err
echo "everything in docs/your-own.md works"
