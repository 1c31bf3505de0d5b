-- `micromamba activate` without `micromamba shell init`: its own code for the shell, run by the first call.
local M, prefix = ...
M.note("micromamba", M.env("MAMBA_EXE") or "none")
M.setenv("MAMBA_ROOT_PREFIX", prefix)
M.shell_function("micromamba", {
  sh   = [[unset -f micromamba; eval "$('@PREFIX@/bin/micromamba' shell hook --shell posix --root-prefix '@PREFIX@')" && micromamba "$@"]],
  csh  = [[eval "`'@PREFIX@/bin/micromamba' shell hook --shell csh --root-prefix '@PREFIX@'`"; micromamba $*]],
  fish = [['@PREFIX@/bin/micromamba' shell hook --shell fish --root-prefix '@PREFIX@' | source; and micromamba $argv]],
}, { PREFIX = prefix })
