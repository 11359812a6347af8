#!/usr/bin/env bash
# Compares ratios to peak with those stored for this kind of CPU.
#
#   baseline.sh check REPRISE_BENCH    prints them; exit code 1 if one fell by more than 15 %. A kind of CPU without stored ratios is held to
#                                      floors that follow from those of the others
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

run() {  # run FILE [FILTER [REPRISE_BENCH [REPETITIONS]]]
  "${3:-$bench}" --benchmark_filter="${2:-^step/($nets)/f32/threads:1\$}" --benchmark_repetitions="${4:-9}" --benchmark_enable_random_interleaving=true \
    --benchmark_min_time=0.05 --benchmark_out="$1" --benchmark_out_format=json >/dev/null 2>&1
}
keep_ratios() { "$folder/../performance_tables.py" keep-ratios "$@"; }
again() { echo "measuring again, in case the machine was busy"; }

work=$(mktemp -d)
now=$work/now.json
trap 'rm -rf "$work"' EXIT

# A machine that is shared with others may be slower all along than one of its kind was when the ratios were stored. Whether the build is
# slower too, an earlier one tells, measured here in turn, by the same rule: twice in a row. Fails where its sources cannot be had.
measure_in_turn() {
  local commit source other attempt round
  source=$(realpath "$folder/../../..")
  commit=$(<"$folder/reference_commit")
  git -C "$source" cat-file -e "$commit^{commit}" 2>/dev/null || { echo "no history here: $commit cannot be measured in turn"; return 1; }
  echo "building $commit, to measure both in turn"
  git clone -q --no-checkout "$source" "$work/source"
  git -C "$work/source" checkout -q "$commit"
  (
    cd "$work/source"
    export CCACHE_BASEDIR=$PWD  # where ccache is used, the name of this folder makes no difference
    cmake --preset release && cmake --build --preset release --target reprise_bench
  ) >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log"; return 1; }
  other=$work/source/build/release/suite/bench/reprise_bench
  for attempt in 1 2; do
    for round in {1..9}; do  # short ones: what others do changes within a minute
      run "$work/old-$round.json" "$(<"$work/fallen")" "$other" 3
      run "$work/new-$round.json" "$(<"$work/fallen")" "$bench" 3
    done
    keep_ratios "$work"/old-?.json "$work/old.json"
    if "$bench" compare --fallen "$work/fallen" "$work/old.json" "$work"/new-?.json; then return 0; fi
    [ "$attempt" = 2 ] || again
  done
  return 1
}

run "$now"
case $what in
  keep)
    mkdir -p "$folder"
    keep_ratios "$now" "$stored"
    echo "stored $stored" ;;
  check)
    if [ ! -f "$stored" ]; then
      echo "no ratios are stored for $kind; floors from those of other CPUs stand in:"
      if "$bench" floors "$now" "$folder"/*.json; then exit 0; fi
      again
      run "$now"
      "$bench" floors "$now" "$folder"/*.json
      exit
    fi
    echo "ratios to peak, $kind: stored (before) and this build (after)"
    if "$bench" compare --fallen "$work/fallen" "$stored" "$now"; then exit 0; fi
    again
    run "$now"
    if "$bench" compare --fallen "$work/fallen" "$stored" "$now"; then exit 0; fi
    measure_in_turn ;;
  *) echo "baseline.sh: '$what' is neither check nor keep" >&2; exit 2 ;;
esac
