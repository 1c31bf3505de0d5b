-- `conda activate` without `conda init`, and its undoing.  `source activate` needs nothing: bin is on PATH.
local M = ...
local C = {}

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Short enough to work in bash, zsh, ksh and dash: no `local`, and safe under `set -eu`, which many activation
-- scripts are not.  It asks conda's own activator, as the function of `conda init` does.
local SH = [[
case "${1-}" in
  activate|deactivate|reactivate)
    case $- in *u*) set +u; conda "$@"; set -- "$?"; set -u; return "$1";; esac
    eval "$(PS1="${PS1-}" @CONDA@ shell.posix "$@" || echo false)" && hash -r;;
  install|update|upgrade|remove|uninstall) @CONDA@ "$@" && conda reactivate;;
  *) @CONDA@ "$@";;
esac]]
local CSH  = "source @PREFIX@/etc/profile.d/conda.csh $*"
local FISH = [[
switch "$argv[1]"
  case activate deactivate reactivate; @CONDA@ shell.fish $argv | source
  case install update upgrade remove uninstall; @CONDA@ $argv; and conda reactivate
  case '*'; @CONDA@ $argv
end]]

local function filled(text, prefix)
  return (text:gsub("@(%u+)@", { CONDA = quoted(prefix .. "/bin/conda"), PREFIX = prefix }))
end

function C.activation(prefix)
  local theirs = M.env("CONDA_EXE")
  M.note("conda", prefix, M.env("CONDA_SHLVL") or "none", theirs or "none")
  if theirs and theirs ~= prefix .. "/bin/conda" then
    M.say("Another conda is set up in this shell (%s) and stays: use `source activate NAME` for this one.", theirs)
    return
  end
  M.shell_function("conda", filled(SH, prefix), filled(CSH, prefix), filled(FISH, prefix))
end

function C.deactivate(prefix, level, theirs)
end

return C
