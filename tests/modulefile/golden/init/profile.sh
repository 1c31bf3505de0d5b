# Put this site's modules on MODULEPATH: source it from /etc/profile.d, after Lmod's own file.
# It pins the module tree that is current now, for this login and all shells and jobs that it starts: a deploy
# never changes a running job.  Works in bash, zsh, ksh and dash, under `set -eu` too; starts no program.
__lmodforge_root=/software/modulefiles
__lmodforge_old=":${MODULEPATH-}:"
case $__lmodforge_old in
  *":$__lmodforge_root/generations/"*)
    __lmodforge_old=${__lmodforge_old#*":$__lmodforge_root/generations/"}
    __lmodforge_old=$__lmodforge_root/generations/${__lmodforge_old%%:*};;
  *) __lmodforge_old=;;
esac
if [ -z "$__lmodforge_old" ] || [ ! -d "$__lmodforge_old" ]; then
  __lmodforge_new=$(CDPATH='' cd -P "$__lmodforge_root/current" >/dev/null 2>&1 && pwd -P) || __lmodforge_new=
  __lmodforge_new=${__lmodforge_new##*/}
  if [ -n "$__lmodforge_new" ] && [ -d "$__lmodforge_root/generations/$__lmodforge_new" ]; then
    __lmodforge_new=$__lmodforge_root/generations/$__lmodforge_new
    if [ -n "${_ModuleTable001_-}" ]; then
      # Lmod is at work in this shell: tell it, rather than change its variable.
      [ -z "$__lmodforge_old" ] || module unuse "$__lmodforge_old" || :
      module use "$__lmodforge_new" || :
    elif [ -n "$__lmodforge_old" ]; then
      MODULEPATH=:$MODULEPATH:
      MODULEPATH=${MODULEPATH%%":$__lmodforge_old:"*}:$__lmodforge_new:${MODULEPATH#*":$__lmodforge_old:"}
      MODULEPATH=${MODULEPATH#:} MODULEPATH=${MODULEPATH%:}
      export MODULEPATH
    else
      # Before Lmod's first command: the tree becomes a part of what `module reset` returns to.
      export MODULEPATH="$__lmodforge_new${MODULEPATH:+:$MODULEPATH}"
    fi
  fi
  unset __lmodforge_new
fi
unset __lmodforge_root __lmodforge_old
