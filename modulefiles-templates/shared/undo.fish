# Undo what `activate` left in this shell: sourced at unload, after the shell has read Lmod's changes.
# Each part runs only where its variables, _lf_*, are given.
if set -q _lf_above
    # A conda environment on top of an environment module: CONDA_* are the module's, and Lmod has set them back.
    CONDA_SHLVL=1 CONDA_PREFIX=$_lf_above $_lf_conda shell.fish deactivate 2>/dev/null |
        string match -rv '^set -\S+ _*C(ONDA|E)_' | source
    set -e CONDA_PREFIX_1 CONDA_PREFIX_2 CONDA_PREFIX_3 CONDA_PREFIX_4
end

if set -q _lf_level
    # Down to the level at the load, or to an environment module that was loaded since.
    set -g _lf_stop (string replace none 0 -- $_lf_level)
    while test "$CONDA_SHLVL" -gt $_lf_stop -a "$CONDA_PREFIX" != "$LMODFORGE_ENVIRONMENT" 2>/dev/null
        set -g _lf_code ($_lf_conda shell.fish deactivate 2>/dev/null | string collect)
        or break
        echo "$_lf_code" | source
    end
    set -e CONDA_EXE _CONDA_EXE CONDA_PYTHON_EXE _CE_M _CE_CONDA _CONDA_ROOT
    if test $_lf_level = none -a -z "$LMODFORGE_ENVIRONMENT"
        set -e CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER
    end
    set -g PATH (string match -v -- (string replace /bin/conda /condabin $_lf_conda) $PATH)
end

set -e _lf_above _lf_modifier _lf_conda _lf_level _lf_theirs _lf_stop _lf_code
true
