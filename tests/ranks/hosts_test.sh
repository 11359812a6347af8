#!/usr/bin/env bash
# Several "hosts" on one machine (suite/bench/hosts.sh). Checks that a run over them gives the bits of a run in one process, and that a cut
# link ends the job within its watchdog. Needs root and iproute2; otherwise says so and exits with 77 (skipped).
#
#   hosts_test.sh MPIRUN REPRISE
set -uo pipefail
mpirun=$1 reprise=$2
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=../../suite/bench/hosts.sh
. "$here/../../suite/bench/hosts.sh"
work=$(mktemp -d)
trap 'remove_hosts; rm -rf "$work"' EXIT
make_hosts 3 || { echo "skipped: $hosts_obstacle"; exit 77; }
net=$hosts_net

export REPRISE_EXPERIMENTS=${REPRISE_EXPERIMENTS:-$here/../../experiments}

small=(--set dataset=synthetic-color32 --set train_images=120 --set test_images=60 --set batch=20 --set shard=3 --set epochs=2 --threads 1)
failed=0
for trial in all-cnn/allcnn-c logavgexp/resnet8-feature-lae-learned; do
  "$reprise" run $trial "${small[@]}" --out "$work/one" >/dev/null 2>&1 || { echo "FAILED: $trial in one process"; exit 1; }
  for layout in "$net.1:1,$net.2:1 2" "$net.1:2,$net.2:1,$net.3:1 4"; do
    read -r hosts ranks <<<"$layout"
    out=$work/hosts-$ranks
    if ! timeout 120 bash -c "$(declare -f over_hosts); $(declare -p hosts_agent hosts_net); over_hosts $mpirun $hosts $ranks $reprise run $trial ${small[*]} --out $out" >"$work/log" 2>&1; then
      echo "FAILED: $trial on $ranks ranks over $hosts"; tail -20 "$work/log"; failed=1; continue
    fi
    verdict=$("$reprise" diff "$work/one/$trial"/*.h5 "$out/$trial"/*.h5)
    if grep -q '^identical' <<<"$verdict" && grep -q 'nodes' <<<"$verdict"; then
      echo "$trial on $ranks ranks over $hosts: $(tail -1 <<<"$verdict")"
    else
      echo "FAILED: $trial on $ranks ranks over $hosts"; echo "$verdict"; failed=1
    fi
  done
done

# A slow network between two hosts: `reprise plan` measures it. How much of a shaped link TCP gets in so short a time varies with the
# system's congestion control; it is never more than the link carries, and this one carries a tenth of what is measured without.
slow=yes
shape_hosts 400mbit || slow=""
if over_hosts "$mpirun" "$net.1:1,$net.2:1" 2 "$reprise" plan all-cnn/allcnn-c --scale smoke --nodes 4 --threads 1 >"$work/log" 2>&1 && [ "$(grep -c 'measured between the nodes' "$work/log")" = 1 ]; then
  read -r latency rate <<<"$(sed -nE 's/.*nodes takes ([0-9.e+]+) us .*, at ([0-9.e+]+) Gbit.*/\1 \2/p' "$work/log")"
  echo "reprise plan measured $latency us, $rate Gbit/s${slow:+ on a link of 0.4 Gbit/s}"
  if [ -n "$slow" ] && ! awk -v r="$rate" 'BEGIN { exit !(r > 0.04 && r < 0.42) }'; then echo "FAILED: not what the link has"; failed=1; fi
else
  echo "FAILED: reprise plan over two hosts"; tail -20 "$work/log"; failed=1
fi
shape_hosts ""

# A cut link.
over_hosts "$mpirun" "$net.1:1,$net.2:1" 2 "$reprise" run all-cnn/allcnn-c "${small[@]}" --set epochs=100000 --set evaluations=1 --checkpoint-every 0.02s --watchdog 3s --out "$work/cut" >"$work/log" 2>&1 &
job=$!
for _ in $(seq 300); do compgen -G "$work/cut/all-cnn/allcnn-c/*.checkpoint" >/dev/null && break; sleep 0.1; done
begun=$(date +%s)
ip link set "$hosts_tag-v2" down
while kill -0 $job 2>/dev/null && [ $(($(date +%s) - begun)) -lt 30 ]; do sleep 0.1; done
took=$(($(date +%s) - begun))
if kill -0 $job 2>/dev/null; then
  echo "FAILED: a cut link did not end the job in 30 s"; failed=1; kill -9 $job
else
  wait $job; code=$?
  echo "a cut link ended the job after $took s, exit code $code: $(grep -ahm1 -iE 'missing: |lost|no longer|unable to|failed' "$work/log")"
  # Open MPI 5.0.7 ends with 0 when it loses a host (docs/cluster.md); what counts there is that it ends and names the host.
  if [ $code -eq 0 ] && "$mpirun" --version | grep -q 'Open MPI) 5'; then echo "exit code 0 is mpirun's own here"; code=launcher; fi
  { [ "$took" -le 13 ] && [ "$code" != 0 ] && grep -aqE 'missing: rank|'"$net.2"'|host2' "$work/log"; } || { echo "FAILED: expected an error that names the host within the watchdog's 3 s and 10 s more"; tail -20 "$work/log"; failed=1; }
fi
exit $failed
