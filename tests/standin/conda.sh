export CONDA_EXE='@ROOT@/bin/conda'
export _CONDA_EXE='@ROOT@/bin/conda'
export _CE_M=''
export _CE_CONDA=''
export CONDA_PYTHON_EXE='@ROOT@/bin/python'
export _CONDA_ROOT='@ROOT@'
__conda_exe() ( "$CONDA_EXE" "$@" )
__conda_hashr() { \hash -r; }
__conda_activate() {
    \local asked
    asked="$(PS1="${PS1:-}" __conda_exe shell.posix "$@")" || \return
    \eval "$asked"
    __conda_hashr
}
__conda_reactivate() { __conda_activate reactivate; }
conda() {
    \local cmd="${1-__missing__}"
    case "$cmd" in
        activate|deactivate) __conda_activate "$@" ;;
        install|update|upgrade|remove|uninstall) __conda_exe "$@" || \return; __conda_activate reactivate ;;
        *) __conda_exe "$@" ;;
    esac
}
if [ -z "${CONDA_SHLVL+x}" ]; then
    \export CONDA_SHLVL=0
    PATH="@ROOT@/condabin${PATH:+":${PATH}"}"
    \export PATH
    if [ -z "${PS1+x}" ]; then PS1=; fi
fi
