#!/bin/bash
# Runs a script in stats 2026.11, from its archive in the current directory.
#
#     stats.sh my_script.R [ARGUMENTS]

set -eo pipefail

environment=$PWD/stats
mkdir -p "$environment"
tar -xzf stats-2026.11-77aa00ff.tar.gz -C "$environment"
[ -z "$_CONDOR_SCRATCH_DIR" ] || rm stats-2026.11-77aa00ff.tar.gz   # its space is the job's

"$environment/bin/python" "$environment/bin/conda-unpack"   # writes this place into its files
# shellcheck source=/dev/null
. "$environment/bin/activate"

Rscript "$@"
