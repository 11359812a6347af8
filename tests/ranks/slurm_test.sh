#!/usr/bin/env bash
# Starts Slurm on this machine (slurmctld, slurmd, munge) and checks that a job stopped by its time limit exits with code 3, is requeued by
# its script, continues from its checkpoint and gives the bits of an undisturbed run; and that an array job runs one seed per task.
# Needs root and Debian's packages slurm-wlm and munge; otherwise says so and exits with 77 (skipped).
#
#   slurm_test.sh MPIRUN REPRISE
set -uo pipefail
mpirun=$1 reprise=$2
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d /tmp/reprise-slurm-XXXXXX)
chmod 755 "$work"

skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "needs root to start Slurm's daemons"
for program in slurmctld slurmd sbatch munged; do
  command -v $program >/dev/null || skip "needs $program (Debian packages slurm-wlm, munge)"
done
pgrep -x slurmctld >/dev/null && skip "Slurm is already running here"

cleanup() {
  [ -n "${munge:-}" ] && kill "$munge" 2>/dev/null
  [ -n "${controller:-}" ] && kill -9 "$controller" 2>/dev/null
  [ -n "${node:-}" ] && kill -9 "$node" 2>/dev/null
  pkill -9 -f "slurmstepd.*" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

dd if=/dev/urandom of="$work/munge.key" bs=1024 count=1 2>/dev/null && chmod 600 "$work/munge.key"
mkdir "$work/munge" "$work/state" "$work/spool"
munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" \
  --log-file="$work/munge/log" >/dev/null 2>&1 &
munge=$!
host=$(hostname -s) cores=$(nproc)
cat >"$work/slurm.conf" <<CONF
ClusterName=reprise
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=1,sched_interval=1
MpiDefault=none
ReturnToService=2
JobRequeue=1
KillWait=5
MinJobAge=300
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf
slurmctld -D >"$work/slurmctld.out" 2>&1 & controller=$!
slurmd -D >"$work/slurmd.out" 2>&1 & node=$!
for _ in $(seq 100); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 0.2; done
sinfo -h -o %T 2>/dev/null | grep -q idle || { tail -3 "$work"/slurm*.out "$work"/slurm*.log; skip "Slurm does not start here"; }

export REPRISE_EXPERIMENTS=${REPRISE_EXPERIMENTS:-$here/../../experiments}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none \
  PRTE_MCA_rmaps_default_mapping_policy=:OVERSUBSCRIBE PRTE_MCA_hwloc_default_binding_policy=none
small="--set dataset=synthetic-color32 --set train_images=200 --set test_images=100 --set batch=20 --set shard=3 --set epochs=120 --set evaluations=4 --threads 1"
ended() {  # ended JOB: waits until no part of the job is left in the queue
  for _ in $(seq 600); do [ -z "$(squeue -h -j "$1" -t pending,running,completing,requeued 2>/dev/null)" ] && return 0; sleep 0.2; done
  return 1
}

began=$(date +%s%N)
"$reprise" run all-cnn/allcnn-c $small --out "$work/one" >/dev/null 2>&1 || { echo "FAILED: the undisturbed run"; exit 1; }
# Two ranks take at least half of that, so a quarter is too short for them on any machine.
short=$(awk -v nanoseconds=$(($(date +%s%N) - began)) 'BEGIN { printf "%.2fs", nanoseconds * 1e-9 / 4 }')

# The script of docs/cluster.md. The time limit of the first start is too short for the whole run.
cat >"$work/job" <<JOB
#!/bin/bash
#SBATCH --ntasks=2 --requeue --open-mode=append --output=$work/job.log
echo "start \${SLURM_RESTART_COUNT:-0}"
limit=$short; [ "\${SLURM_RESTART_COUNT:-0}" -gt 0 ] && limit=10m
"$mpirun" -n 2 "$reprise" run all-cnn/allcnn-c $small --time-limit \$limit --checkpoint-every 0.1s --out "$work/slurm"
code=\$?
echo "exit code \$code"
[ \$code -eq 3 ] && scontrol requeue \$SLURM_JOB_ID
exit \$code
JOB
job=$(sbatch --parsable "$work/job") || { echo "FAILED: sbatch"; exit 1; }
shortened=0
for _ in $(seq 900); do
  grep -q '^exit code [0124-9]' "$work/job.log" 2>/dev/null && break
  # Slurm holds a requeued job for two minutes. At once is too soon: the node would still refuse the old start's credential.
  [ $shortened = 0 ] && squeue -h -j "$job" -o %r 2>/dev/null | grep -q BeginTime && scontrol update JobId="$job" StartTime=now+10 && shortened=1
  sleep 0.2
done
starts=$(grep -c '^start' "$work/job.log"); stops=$(grep -c '^exit code 3' "$work/job.log")
failed=0
if [ "$stops" -ge 1 ] && grep -q '^exit code 0' "$work/job.log" && "$reprise" diff "$work/one/all-cnn/allcnn-c"/*.h5 "$work/slurm/all-cnn/allcnn-c"/*.h5 | grep -q ^identical; then
  echo "job $job: started $starts times, stopped $stops times with exit code 3, requeued by its script, identical to the undisturbed run"
else
  echo "FAILED: job $job"; tail -30 "$work/job.log"; tail -5 "$work/slurmctld.log"; failed=1
fi

cat >"$work/array" <<JOB
#!/bin/bash
#SBATCH --array=1-3 --ntasks=1 --output=$work/array-%a.log
"$reprise" run all-cnn/allcnn-c ${small/epochs=120/epochs=1} --seed \$SLURM_ARRAY_TASK_ID --out "$work/array-out"
JOB
array=$(sbatch --parsable "$work/array")
ended "$array"
count=$(ls "$work/array-out/all-cnn/allcnn-c"/*.h5 2>/dev/null | wc -l)
if [ "$count" -eq 3 ]; then echo "array job $array: 3 result files"; else echo "FAILED: array job gave $count result files"; cat "$work"/array-*.log; failed=1; fi
exit $failed
