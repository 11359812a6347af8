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

figures=()
for trial in all-cnn/allcnn-c:paper all-cnn/allcnn-c:desk dropout/table2-maxnorm-3x1024:paper vgg/cifar-d:desk; do
  for gigabits in 10 2 1; do
    shape_hosts "${gigabits}gbit" || { echo "network.sh: cannot shape a link here (tc of iproute2, kernel with token buckets)" >&2; exit 2; }
    echo "$trial over $gigabits Gbit/s"
    figures+=("$gigabits=$work/${#figures[@]}.json")
    over_hosts "$mpirun" "$hosts_net.1:1,$hosts_net.2:1" 2 "$bench" --scaling --trial "${trial%:*}" --scale "${trial#*:}" --threads 1 \
      --steps 9 --json "${figures[-1]#*=}"
  done
done
"$here/performance_tables.py" keep-network "${figures[@]}" "$file"
