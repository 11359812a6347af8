#!/usr/bin/env bash
# Compares ratios to peak with those stored for this kind of CPU.
#
#   baseline.sh check REPRISE_BENCH    prints them; exit code 1 if one fell by more than 15 %, twice in a row. A kind of CPU without stored
#                                      ratios is held to floors that follow from those of the others
#   baseline.sh keep REPRISE_BENCH     stores the ratios of this build, for a commit that changes them on purpose
#
# One thread, so that the number of cores does not matter; nine repetitions in random order, each divided by the peak measured at the same time.
set -euo pipefail
what=${1:?check or keep} bench=${2:?the reprise_bench program}
folder=$(dirname "$(readlink -f "$0")")/baseline
nets='all-cnn/allcnn-c/desk|dropout/table2-maxnorm-3x1024/(desk|paper)|dropout/table4-cifar10-all/desk|logavgexp/resnet8-logit-gap/desk'
nets+='|logavgexp/canvas-lae-t1/desk|wrn/wrn-10-1/desk|mocapsnet/(sabour-r3|mocapsnet-6)/desk|softhebb/(cifar10-3layer|mnist-mlp)/desk|speedrun/airbench94/desk'

# The ratios depend on vendor and family of the CPU and on the widest instruction set that kernels use.
field() { sed -n "s/^$1[[:space:]]*: //p" /proc/cpuinfo | head -n 1; }
isa=
for name in avx512_bf16 avx512f avx2; do
  if [ -z "$isa" ] && grep -qw "$name" /proc/cpuinfo; then isa=$name; fi
done
kind="$(field vendor_id)-$(field 'cpu family')-${isa:-none}"
stored=$folder/$kind.json

run() {
  "$bench" --benchmark_filter="^step/($nets)/f32/threads:1\$" --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true --benchmark_min_time=0.05 \
    --benchmark_out="$1" --benchmark_out_format=json >/dev/null 2>&1
}

now=$(mktemp --suffix=.json)
trap 'rm -f "$now"' EXIT
run "$now"
case $what in
  keep)
    mkdir -p "$folder"
    "$(dirname "$folder")/performance_tables.py" keep-ratios "$now" "$stored"
    echo "stored $stored" ;;
  check)
    if [ ! -f "$stored" ]; then
      echo "no ratios are stored for $kind; floors from those of other CPUs stand in:"
      if "$bench" floors "$now" "$folder"/*.json; then exit 0; fi
      echo "measuring again, in case the machine was busy"
      run "$now"
      "$bench" floors "$now" "$folder"/*.json
      exit
    fi
    echo "ratios to peak, $kind: stored (before) and this build (after)"
    if "$bench" compare "$stored" "$now"; then exit 0; fi
    echo "measuring again, in case the machine was busy"
    run "$now"
    "$bench" compare "$stored" "$now" ;;
  *) echo "baseline.sh: '$what' is neither check nor keep" >&2; exit 2 ;;
esac
