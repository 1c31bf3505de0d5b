setenv CONDA_EXE "@ROOT@/bin/conda"; setenv _CONDA_EXE "@ROOT@/bin/conda"; unsetenv _CE_M; unsetenv _CE_CONDA
setenv CONDA_PYTHON_EXE "@ROOT@/bin/python"; setenv _CONDA_ROOT "@ROOT@"
if ("`alias conda`" == "") then
    alias conda source "@ROOT@/etc/profile.d/conda.csh"
    setenv CONDA_SHLVL 0
    if (! $?prompt) then
        set prompt=""
    endif
else
    switch ( "${1}" )
        case "activate":
        case "deactivate":
            set ask_conda="`(setenv prompt '${prompt}' ; '${_CONDA_EXE}' shell.csh ${argv})`"
            set conda_tmp_status=$status
            if( $conda_tmp_status != 0 ) exit ${conda_tmp_status}
            eval "${ask_conda}"
            rehash
            breaksw
        default:
            $_CONDA_EXE $argv[1-]
            breaksw
    endsw
endif
