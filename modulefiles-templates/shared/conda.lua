-- `conda activate` without `conda init`.  `source activate` needs nothing: bin is on PATH.
local M, prefix = ...

-- For sh: short enough to work in bash, zsh, ksh and dash (no `local`), and safe under `set -eu`, which many
-- activation scripts are not.  It asks conda's own activator, as the function of `conda init` does; and it unsets
-- what that sets to ''.
local conda = {
  sh = [[
case "${1-}" in
  activate|deactivate|reactivate)
    case $- in *u*) set +u; conda "$@"; set -- "$?"; set -u; return "$1";; esac
    set -- "$({ PS1="${PS1-}" '@PREFIX@/bin/conda' shell.posix "$@" || echo false; } |
      sed "s/^export \([^=]*\)=''\$/unset \1/")"
    eval "$1" && hash -r;;
  create|install|update|upgrade|remove|uninstall)
    [ "${@TOGGLE@-}" = '@VALUE@' ] || echo 'conda: @TOGGLE@ is read when the module is loaded: load it again' >&2
    '@PREFIX@/bin/conda' "$@" && conda reactivate;;
  *) '@PREFIX@/bin/conda' "$@";;
esac]],
  csh = [[if (! $?prompt) set prompt = ""; source "@PREFIX@/etc/profile.d/conda.csh" $*]],
  fish = [[
switch "$argv[1]"
  case activate deactivate reactivate
    '@PREFIX@/bin/conda' shell.fish $argv | source; return $pipestatus[1]
  case create install update upgrade remove uninstall
    test "$@TOGGLE@" = '@VALUE@'; or echo 'conda: @TOGGLE@ is read when the module is loaded: load it again' >&2
    '@PREFIX@/bin/conda' $argv; and conda reactivate
  case '*'; '@PREFIX@/bin/conda' $argv
end]],
}

local theirs = M.env("CONDA_EXE")
M.note("conda", prefix, M.env("CONDA_SHLVL") or "none", theirs or "none")
if theirs and theirs ~= prefix .. "/bin/conda" then
  M.say("Another conda is set up in this shell (%s) and stays: use `source activate NAME` for this one.", theirs)
else
  local toggle = M.site.conda_cache.toggle
  local value  = (os.getenv(toggle) or ""):match("^[%w ]*$")  -- anything else is no value: it would always differ
  M.shell_function("conda", conda, { PREFIX = prefix, TOGGLE = toggle, VALUE = value or "" })
end
