# `source activate NAME` or `source activate PATH` puts an environment in front; `deactivate` undoes it.
# For bash, zsh and ksh; made by lmodforge. A NAME is looked up in CONDA_ENVS_PATH, then among this Python's own.

_lmodforge_find() {
    case "$1" in
    */*) _lmodforge_found="$1" ;;
    *)
        _lmodforge_rest="${CONDA_ENVS_PATH:-}:@ENVS@:"
        while [ -n "$_lmodforge_rest" ] && [ -z "$_lmodforge_found" ]; do
            _lmodforge_found="${_lmodforge_rest%%:*}/$1"
            _lmodforge_rest="${_lmodforge_rest#*:}"
            [ -d "$_lmodforge_found" ] || _lmodforge_found=""
        done
        ;;
    esac
    if [ -e "$_lmodforge_found/pyvenv.cfg" ]; then
        # The release itself, not its name: a later deploy that moves the name must not change what runs here.
        _lmodforge_found="$(cd -P -- "$_lmodforge_found" >/dev/null && pwd)"
    elif [ -n "$_lmodforge_found" ] && [ -d "$_lmodforge_found/conda-meta" ]; then
        echo "activate: $_lmodforge_found is a conda environment: load a conda module for it" >&2
        return 1
    else
        echo "activate: no environment '$1'; there are: $(cd '@ENVS@' && echo *)" >&2
        return 1
    fi
}

_lmodforge_define_deactivate() {
    deactivate() {
        case ":$PATH:" in
        *":$_LMODFORGE_ENV/bin:"*)
            # Only our entry goes: modules that were loaded in between keep theirs.
            _lmodforge_path=":$PATH:"
            _lmodforge_path="${_lmodforge_path%%":$_LMODFORGE_ENV/bin:"*}:${_lmodforge_path#*":$_LMODFORGE_ENV/bin:"}"
            _lmodforge_path="${_lmodforge_path#:}"
            PATH="${_lmodforge_path%:}"
            unset _lmodforge_path
            ;;
        esac
        if [ -n "${PS1:-}" ]; then PS1="${PS1#"(${VIRTUAL_ENV_PROMPT:-}) "}"; fi
        unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
        if [ -n "$_LMODFORGE_OUTER_ENV" ]; then export VIRTUAL_ENV="$_LMODFORGE_OUTER_ENV"; fi
        if [ -n "$_LMODFORGE_OUTER_PROMPT" ]; then export VIRTUAL_ENV_PROMPT="$_LMODFORGE_OUTER_PROMPT"; fi
        if [ -n "$_LMODFORGE_PYTHONHOME" ]; then export PYTHONHOME="$_LMODFORGE_PYTHONHOME"; fi
        unset _LMODFORGE_ENV _LMODFORGE_OUTER_ENV _LMODFORGE_OUTER_PROMPT _LMODFORGE_PYTHONHOME
        hash -r 2>/dev/null || :
        unset -f deactivate
    }
}

_lmodforge_activate() {
    _lmodforge_found=""
    _lmodforge_find "$1" || return 1
    if [ -n "${_LMODFORGE_ENV:-}" ]; then
        _lmodforge_define_deactivate # a child shell inherits the variables, not the function
        deactivate
    elif [ -n "${VIRTUAL_ENV:-}" ]; then
        case "$(command -V deactivate 2>/dev/null)" in *function*) deactivate ;; esac # a plain venv of the user's own
    fi
    _lmodforge_define_deactivate
    export _LMODFORGE_ENV="$_lmodforge_found" _LMODFORGE_PYTHONHOME="${PYTHONHOME:-}"
    export _LMODFORGE_OUTER_ENV="${VIRTUAL_ENV:-}" _LMODFORGE_OUTER_PROMPT="${VIRTUAL_ENV_PROMPT:-}"
    export VIRTUAL_ENV="$_lmodforge_found" VIRTUAL_ENV_PROMPT="${1##*/}" PATH="$_lmodforge_found/bin:$PATH"
    unset PYTHONHOME
    if [ -n "${PS1:-}" ] && [ -z "${VIRTUAL_ENV_DISABLE_PROMPT:-}" ]; then PS1="($VIRTUAL_ENV_PROMPT) $PS1"; fi
    hash -r 2>/dev/null || :
}

if [ "$#" -ne 1 ]; then
    echo "usage: source activate NAME|PATH" >&2
    false
else
    _lmodforge_activate "$1"
fi && _lmodforge_status=0 || _lmodforge_status=1
unset -f _lmodforge_find _lmodforge_define_deactivate _lmodforge_activate
unset _lmodforge_found _lmodforge_rest
if [ "$_lmodforge_status" -eq 0 ]; then unset _lmodforge_status; else unset _lmodforge_status && return 1; fi
