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

# One level down.  conda sets to '' what it means to unset.
_lf_down() {
  case $_lf_conda in
    */micromamba) set -- shell deactivate --shell posix;;
    *) set -- shell.posix deactivate;;
  esac
  _lf_code=$(PS1="${PS1-}" "$_lf_conda" "$@" 2>/dev/null | sed "s/^export \([A-Za-z0-9_]*\)=''\$/unset \1/")
  [ -n "$_lf_code" ] && eval "$_lf_code"
}

if [ -n "${_lf_shown-}" ]; then
  # conda shows the environment below when it goes back to it, also where that is a module's.
  case ${PS1-} in *"$_lf_shown"*) PS1=${PS1%%"$_lf_shown"*}${PS1#*"$_lf_shown"};; esac
fi

if [ -n "${_lf_above-}" ]; then
  # conda environments on top of an environment module: CONDA_* are the module's, and Lmod has set them back.
  _lf_a=${CONDA_SHLVL-} _lf_b=${CONDA_PREFIX-} _lf_c=${CONDA_DEFAULT_ENV-} _lf_d=${CONDA_PROMPT_MODIFIER-}
  export CONDA_SHLVL="$_lf_level" CONDA_PREFIX="$_lf_above" CONDA_PROMPT_MODIFIER="$_lf_modifier"
  while [ "$CONDA_SHLVL" -gt 2 ] && _lf_down; do :; done
  CONDA_SHLVL=1                           # the lowest of them: below it is the module
  _lf_down
  export CONDA_SHLVL="$_lf_a" CONDA_PREFIX="$_lf_b" CONDA_DEFAULT_ENV="$_lf_c" CONDA_PROMPT_MODIFIER="$_lf_d"
  [ -n "$_lf_a" ] || unset CONDA_SHLVL
  [ -n "$_lf_b" ] || unset CONDA_PREFIX
  [ -n "$_lf_c" ] || unset CONDA_DEFAULT_ENV
  [ -n "$_lf_d" ] || unset CONDA_PROMPT_MODIFIER
  unset _lf_level _lf_a _lf_b _lf_c _lf_d
fi

if [ -n "${_lf_level-}" ]; then
  # Down to the level at the load, or to an environment module that was loaded since.
  [ "$_lf_level" = none ] && _lf_stop=0 || _lf_stop=$_lf_level
  while [ "${CONDA_SHLVL:-0}" -gt "$_lf_stop" ] && [ "${CONDA_PREFIX-}" != "${LMODFORGE_ENVIRONMENT-none}" ]; do
    _lf_down || break
  done
  # The function `conda` or `micromamba` is Lmod's to take away: where the same command loads this module again, or
  # another that has one, it is the new one by now.
  case $_lf_conda in
    */micromamba)
      unset MAMBA_EXE
      unset -f __mamba_exe __mamba_hashr __mamba_xctivate __mamba_wrap 2>/dev/null;;
    *)
      unset CONDA_EXE _CONDA_EXE CONDA_PYTHON_EXE _CE_M _CE_CONDA _CONDA_ROOT
      [ -z "$_lf_theirs" ] || unset -f conda 2>/dev/null
      unset -f __conda_exe __conda_hashr __conda_activate __conda_reactivate 2>/dev/null;;
  esac
  if [ "$_lf_level" = none ] && [ -z "${LMODFORGE_ENVIRONMENT-}" ]; then
    unset CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER
  fi
  _lf_leave_path "${_lf_conda%/bin/*}/condabin"
  if [ -n "$_lf_theirs" ] && [ -r "${_lf_theirs%/bin/conda}/etc/profile.d/conda.sh" ]; then
    . "${_lf_theirs%/bin/conda}/etc/profile.d/conda.sh"
  fi
fi

[ -z "${_lf_names-}" ] || eval "unset $_lf_names"

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

# A prompt where there was none, or in the environment where it was a variable of the shell's.
if [ -n "${ZSH_VERSION-}" ]; then [ -z "${_lf_hide_prompt-}" ] || typeset +x PS1
elif [ -z "${PS1-}" ]; then case $- in *i*) ;; *) unset PS1;; esac
elif [ -n "${_lf_hide_prompt-}" ]; then _lf_code=$PS1; unset PS1; PS1=$_lf_code
fi
hash -r 2>/dev/null
unset -f _lf_leave_path _lf_down
unset _lf_shown _lf_above _lf_modifier _lf_conda _lf_level _lf_theirs _lf_stop _lf_code _lf_path _lf_venv _lf_home _lf_names _lf_hide_prompt
case $_lf_flags in *u*) set -u;; esac
case $_lf_flags in *e*) unset _lf_flags; set -e;; *) unset _lf_flags;; esac
