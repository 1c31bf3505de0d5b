-- `conda activate` without `conda init`, and the same for micromamba.
-- `source activate` needs nothing: bin is on PATH.
local M, prefix, name = ...
local program = prefix .. "/bin/" .. name

-- How the activator is asked for a shell's commands.
local ask = name == "conda" and { sh = "shell.posix \"$@\"", csh = "", fish = "shell.fish $argv" }
            or { sh = "shell \"$@\" --shell posix", csh = "", fish = "shell $argv --shell fish" }

-- For sh: short enough to work in bash, zsh, ksh and dash (no `local`), and safe under `set -eu`, which many
-- activation scripts are not.  It does what the function of `conda init` does, and unsets what that sets to ''.
local activator = {
  sh = [[
case "${1-}" in
  activate|deactivate|reactivate)
    case $- in *u*) set +u; @NAME@ "$@"; set -- "$?"; set -u; return "$1";; esac
    set -- "$({ PS1="${PS1-}" '@PROGRAM@' @ASK@ || echo false; } | sed "s/^export \([^=]*\)=''\$/unset \1/")"
    eval "$1" && hash -r;;
  create|install|update|upgrade|remove|uninstall)
    [ "${@TOGGLE@-}" = '@VALUE@' ] || echo '@NAME@: @TOGGLE@ is read when the module is loaded: load it again' >&2
    '@PROGRAM@' "$@" && @NAME@ reactivate;;
  *) '@PROGRAM@' "$@";;
esac]],
  csh = name == "conda" and [[if (! $?prompt) set prompt = ""; source "@PREFIX@/etc/profile.d/conda.csh" $*]]
        or [[if (! $?prompt) set prompt = ""; source "@DIRECTORY@/micromamba.csh" "@PROGRAM@" $*]],
  fish = [[
switch "$argv[1]"
  case activate deactivate reactivate
    '@PROGRAM@' @ASK@ | source; return $pipestatus[1]
  case create install update upgrade remove uninstall
    test "$@TOGGLE@" = '@VALUE@'; or echo '@NAME@: @TOGGLE@ is read when the module is loaded: load it again' >&2
    '@PROGRAM@' $argv; and @NAME@ reactivate
  case '*'; '@PROGRAM@' $argv
end]],
}

local theirs = M.env("CONDA_EXE")
M.note("conda", program, M.env("CONDA_SHLVL") or "none", theirs or "none")
if theirs and theirs ~= program and name == "conda" then
  M.say("Another conda is set up in this shell (%s) and stays: use `source activate NAME` for this one.", theirs)
else
  local toggle = M.site.conda_cache.toggle
  local value  = (os.getenv(toggle) or ""):match("^[%w ]*$")  -- anything else is no value: it would always differ
  M.shell_function(name, activator, { PREFIX = prefix, PROGRAM = program, NAME = name, ASK = ask[M.shell()],
                                      TOGGLE = toggle, VALUE = value or "", DIRECTORY = M.directory })
end
