set -gx CONDA_EXE "@ROOT@/bin/conda"; set -gx _CONDA_EXE "@ROOT@/bin/conda"
set -gx CONDA_PYTHON_EXE "@ROOT@/bin/python"; set -gx _CONDA_ROOT "@ROOT@"
if not set -q CONDA_SHLVL
    set -gx CONDA_SHLVL 0
    set -gx PATH @ROOT@/condabin $PATH
end
function conda --inherit-variable CONDA_EXE
    switch "$argv[1]"
        case activate deactivate
            eval ($CONDA_EXE shell.fish $argv)
        case '*'
            $CONDA_EXE $argv
    end
end
