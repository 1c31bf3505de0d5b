# Undo what `activate` left in this shell: sourced at unload, after the shell has read Lmod's changes.
# Each part runs only where its variables, _lf_*, are given.
switch "$_lf_conda"
    case '*/micromamba'
        set -g _lf_words shell deactivate --shell fish
    case '*'
        set -g _lf_words shell.fish deactivate
end

if set -q _lf_above
    # conda environments on top of an environment module: CONDA_* are the module's, and Lmod has set them back.
    set -g _lf_kept "$CONDA_SHLVL" "$CONDA_PREFIX" "$CONDA_DEFAULT_ENV" "$CONDA_PROMPT_MODIFIER"
    set -gx CONDA_SHLVL $_lf_level
    set -gx CONDA_PREFIX $_lf_above
    for level in (seq $_lf_level -1 2)
        test $level -gt 2; or set -gx CONDA_SHLVL 1 # the lowest of them: below it is the module
        $_lf_conda $_lf_words 2>/dev/null | source
    end
    for name in CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER
        set -e $name
        test -z "$_lf_kept[1]"; or set -gx $name $_lf_kept[1]
        set -e _lf_kept[1]
    end
    set -e _lf_level _lf_kept
end

if set -q _lf_level
    # Down to the level at the load, or to an environment module that was loaded since.
    set -g _lf_stop (string replace none 0 -- $_lf_level)
    while test "$CONDA_SHLVL" -gt $_lf_stop -a "$CONDA_PREFIX" != "$LMODFORGE_ENVIRONMENT" 2>/dev/null
        set -g _lf_code ($_lf_conda $_lf_words 2>/dev/null | string collect)
        or break
        echo "$_lf_code" | source
    end
    string match -q '*/micromamba' $_lf_conda; and set -e MAMBA_EXE
    or set -e CONDA_EXE _CONDA_EXE CONDA_PYTHON_EXE _CE_M _CE_CONDA _CONDA_ROOT
    if test $_lf_level = none -a -z "$LMODFORGE_ENVIRONMENT"
        set -e CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER
    end
    set -g PATH (string match -v -- (string replace -r '/bin/[^/]*$' /condabin $_lf_conda) $PATH)
end

if set -q _lf_names
    set -e (string split ' ' -- $_lf_names)
end

if set -q _lf_venv
    set -l now "$VIRTUAL_ENV"
    set -e _OLD_VIRTUAL_PATH                # Lmod has set PATH back; it may name what was loaded since
    functions -q deactivate; and deactivate
    set -e VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    test -z "$now" -o "$now" = "$_lf_venv"; or set -gx VIRTUAL_ENV $now
end

set -e _lf_shown _lf_names _lf_venv _lf_above _lf_modifier _lf_conda _lf_words _lf_level _lf_theirs _lf_stop _lf_code
true
