#!/usr/bin/env bash
# What a step takes on two hosts with a core each, joined by a link of 10, 2 and 1 Gbit/s (suite/bench/hosts.sh), beside the forecast of
# `reprise plan --nodes`, which knows the step on one host and what the link was measured to carry. Writes the figures as JSON, for
# performance_tables.py. Needs root, iproute2 and a machine with nothing else to do.
#
#   network.sh MPIRUN REPRISE_BENCH_RANKS FILE
set -euo pipefail
mpirun=${1:?mpirun} bench=${2:?the reprise_bench_ranks program} file=${3:?file for the figures}
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=hosts.sh
. "$here/hosts.sh"
work=$(mktemp -d)
trap 'remove_hosts; rm -rf "$work"' EXIT
make_hosts 2 || { echo "network.sh: $hosts_obstacle" >&2; exit 2; }
export REPRISE_EXPERIMENTS=${REPRISE_EXPERIMENTS:-$here/../../experiments}

for trial in all-cnn/allcnn-c:paper all-cnn/allcnn-c:desk dropout/table2-maxnorm-3x1024:paper vgg/cifar-d:desk; do
  for rate in 10gbit 2gbit 1gbit; do
    shape_hosts "$rate" || { echo "network.sh: cannot shape a link here (tc of iproute2, kernel with token buckets)" >&2; exit 2; }
    echo "$trial over $rate"
    over_hosts "$mpirun" "$hosts_net.1:1,$hosts_net.2:1" 2 "$bench" --scaling --trial "${trial%:*}" --scale "${trial#*:}" --threads 1 \
      --steps 9 --json "$work/figures.json"
    python3 - "$work/figures.json" "$rate" >>"$work/lines" <<'PYTHON'
import json, sys
figures = json.load(open(sys.argv[1]))
print(json.dumps({"link_gigabits": float(sys.argv[2].removesuffix("gbit")), **{key: figures[key] for key in ("trial", "scale", "network", "rows")}}))
PYTHON
  done
done
python3 -c 'import json, sys; json.dump([json.loads(line) for line in open(sys.argv[1])], open(sys.argv[2], "w"), indent=1)' "$work/lines" "$file"
