# Undo what `activate` left in this shell: sourced at unload, after the shell has read Lmod's changes.
# For bash, zsh, ksh and dash.  Each part runs only where its variables, _lf_*, are given.
_lf_flags=$-
set +eu

_lf_leave_path() {
  case ":$PATH:" in *":$1:"*)
    _lf_path=:$PATH:
    _lf_path=${_lf_path%%":$1:"*}:${_lf_path#*":$1:"}
    _lf_path=${_lf_path#:} PATH=${_lf_path%:};;
  esac
}

if [ -n "${_lf_above-}" ]; then
  # A conda environment on top of an environment module: CONDA_* are the module's, and Lmod has set them back.
  _lf_code=$(CONDA_SHLVL=1 CONDA_PREFIX="$_lf_above" CONDA_PROMPT_MODIFIER="$_lf_modifier" PS1="${PS1-}" \
    "$_lf_conda" shell.posix deactivate 2>/dev/null | grep -v '^export _*C[OE][N_]')
  eval "$_lf_code"
  unset CONDA_PREFIX_1 CONDA_PREFIX_2 CONDA_PREFIX_3 CONDA_PREFIX_4
fi

if [ -n "${_lf_level-}" ]; then
  # Down to the level at the load, or to an environment module that was loaded since.
  [ "$_lf_level" = none ] && _lf_stop=0 || _lf_stop=$_lf_level
  while [ "${CONDA_SHLVL:-0}" -gt "$_lf_stop" ] && [ "${CONDA_PREFIX-}" != "${LMODFORGE_ENVIRONMENT-none}" ]; do
    # conda sets to '' what it means to unset
    _lf_code=$(PS1="${PS1-}" "$_lf_conda" shell.posix deactivate 2>/dev/null |
      sed "s/^export \([A-Za-z0-9_]*\)=''\$/unset \1/")
    [ -n "$_lf_code" ] && eval "$_lf_code" || break
  done
  unset CONDA_EXE _CONDA_EXE CONDA_PYTHON_EXE _CE_M _CE_CONDA _CONDA_ROOT
  unset -f conda __conda_exe __conda_hashr __conda_activate __conda_reactivate 2>/dev/null
  if [ "$_lf_level" = none ] && [ -z "${LMODFORGE_ENVIRONMENT-}" ]; then
    unset CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER
  fi
  _lf_leave_path "${_lf_conda%/bin/conda}/condabin"
  if [ -n "$_lf_theirs" ] && [ -r "${_lf_theirs%/bin/conda}/etc/profile.d/conda.sh" ]; then
    . "${_lf_theirs%/bin/conda}/etc/profile.d/conda.sh"
  fi
fi

if [ -n "${_lf_venv-}" ]; then
  if [ -n "${_OLD_VIRTUAL_PS1+x}" ]; then PS1=$_OLD_VIRTUAL_PS1
  elif [ -n "${PS1-}" ]; then PS1=${PS1#"(${VIRTUAL_ENV_PROMPT-}) "}
  fi
  _lf_home=${_LMODFORGE_PYTHONHOME:-${_OLD_VIRTUAL_PYTHONHOME-}}
  [ -z "$_lf_home" ] || export PYTHONHOME="$_lf_home"
  if [ "${VIRTUAL_ENV-}" = "$_lf_venv" ]; then
    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    [ -z "${_LMODFORGE_OUTER_ENV-}" ] || export VIRTUAL_ENV="$_LMODFORGE_OUTER_ENV"
    [ -z "${_LMODFORGE_OUTER_PROMPT-}" ] || export VIRTUAL_ENV_PROMPT="$_LMODFORGE_OUTER_PROMPT"
  fi
  unset _LMODFORGE_ENV _LMODFORGE_OUTER_ENV _LMODFORGE_OUTER_PROMPT _LMODFORGE_PYTHONHOME
  unset _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PS1 _OLD_VIRTUAL_PYTHONHOME
  unset -f deactivate pydoc 2>/dev/null
fi

case $- in *i*) ;; *) [ -n "${PS1-}" ] || unset PS1;; esac
hash -r 2>/dev/null
unset -f _lf_leave_path
unset _lf_above _lf_modifier _lf_conda _lf_level _lf_theirs _lf_stop _lf_code _lf_path _lf_venv _lf_home
case $_lf_flags in *u*) set -u;; esac
case $_lf_flags in *e*) unset _lf_flags; set -e;; *) unset _lf_flags;; esac
