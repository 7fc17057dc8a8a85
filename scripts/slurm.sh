#!/bin/bash
# A training by several processes under Slurm, which is stopped before the time limit, queued again and continued until it
# ends:
#
#   sbatch --nodes=4 --ntasks-per-node=2 --cpus-per-task=16 scripts/slurm.sh CONFIG RUN [OPTION ...]
#
# JEPA names the tool, built by `make mpi` (default: .build/mpi/release/jepa); OPTIONs go to `jepa train`. The job ends as
# COMPLETED when the training is finished, is queued again when it was stopped with everything saved, and fails otherwise.
#SBATCH --job-name=jepa
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -u
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
config=$1 run=$2
shift 2

# Since Slurm 22.05 srun does not take --cpus-per-task from the job: without it each process has one core.
srun --mpi="${JEPA_MPI:-pmix}" --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --cpu-bind=cores --kill-on-bad-exit=1 \
  "${JEPA:-.build/mpi/release/jepa}" train --config "$config" --run "$run" --resume "$@"
status=$?
if [ $status -eq 75 ]; then
  # Stopped by the signal, with a checkpoint of the last step.
  scontrol requeue "$SLURM_JOB_ID"
  # The requeue ends this script; where it cannot, the job is not to look finished.
  sleep 60
  exit 75
fi
exit $status
