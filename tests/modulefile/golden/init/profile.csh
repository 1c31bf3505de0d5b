# Put this site's modules on MODULEPATH: source it from /etc/profile.d, after Lmod's own file.
# It pins the module tree that is current now, for this login and all shells and jobs that it starts: a deploy
# never changes a running job.  For tcsh, which is csh on Linux.
set __lmodforge_root = /software/modulefiles
set __lmodforge_old = ""
set __lmodforge_path = ()
if ($?MODULEPATH) then
  foreach __lmodforge_entry ($MODULEPATH:as,:, ,)
    if ("$__lmodforge_entry" =~ "$__lmodforge_root/generations/"*) then
      set __lmodforge_old = "$__lmodforge_entry"
    else
      set __lmodforge_path = ($__lmodforge_path:q "$__lmodforge_entry")
    endif
  end
  unset __lmodforge_entry
endif
if ("$__lmodforge_old" == "" || ! -d "$__lmodforge_old") then
  set __lmodforge_new = "`readlink $__lmodforge_root:q/current`"
  set __lmodforge_new = "$__lmodforge_root/generations/$__lmodforge_new:t"
  if ("$__lmodforge_new:t" != "" && -d "$__lmodforge_new") then
    if ($?_ModuleTable001_) then
      # Lmod is at work in this shell: tell it, rather than change its variable.
      if ("$__lmodforge_old" != "") module unuse "$__lmodforge_old"
      module use "$__lmodforge_new"
    else
      # Before Lmod's first command: the tree becomes a part of what `module reset` returns to.
      setenv MODULEPATH "$__lmodforge_new"
      foreach __lmodforge_entry ($__lmodforge_path:q)
        setenv MODULEPATH "${MODULEPATH}:$__lmodforge_entry"
      end
      unset __lmodforge_entry
    endif
  endif
  unset __lmodforge_new
endif
unset __lmodforge_root __lmodforge_old __lmodforge_path
