# Put this site's modules on MODULEPATH: source it from /etc/fish/conf.d, after Lmod's own file.
# It pins the module tree that is current now, for this login and all shells and jobs that it starts: a deploy
# never changes a running job.  Starts no program.
begin
    set -l root /software/modulefiles
    set -l path (string split --no-empty : -- "$MODULEPATH")
    set -l old (string match -- "$root/generations/*" $path)[1]
    if not test -n "$old" -a -d "$old"
        set -l new $root/generations/(string replace -r '.*/' '' -- (builtin realpath $root/current 2>/dev/null))
        if test -n "$new" -a -d "$new"
            if set -q _ModuleTable001_
                # Lmod is at work in this shell: tell it, rather than change its variable.
                test -z "$old"; or module unuse $old
                module use $new
            else
                # Before Lmod's first command: the tree becomes a part of what `module reset` returns to.
                set -gx MODULEPATH $new (string match -v -- "$root/generations/*" $path)
            end
        end
    end
end
