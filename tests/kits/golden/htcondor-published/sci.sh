#!/bin/bash
# Runs a script in sci 2026.11, from its archive in the current directory.
#
#     sci.sh my_script.py [ARGUMENTS]

set -eo pipefail

environment=$PWD/sci
mkdir -p "$environment"
zstd --decompress --stdout < sci-3f2a9c1d.tar.zst | tar -x -C "$environment"
[ -z "$_CONDOR_SCRATCH_DIR" ] || rm sci-3f2a9c1d.tar.zst   # its space is the job's

"$environment/bin/python" "$environment/bin/conda-unpack"   # writes this place into its files
# shellcheck source=/dev/null
. "$environment/bin/activate"

python "$@"
