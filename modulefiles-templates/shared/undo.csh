# Undo what `activate` left in this shell: sourced at unload, after the shell has read Lmod's changes.
# Each part runs only where its variables, _lf_*, are given.
set _lf_prompt_was = ""
if ($?prompt) then
  set _lf_prompt_was = $prompt:q
endif

if ($?_lf_conda) then
  set _lf_words = (shell.csh deactivate)
  if ("$_lf_conda:t" == micromamba) set _lf_words = (shell deactivate --shell tcsh)
endif

if ($?_lf_shown) then
  # conda shows the environment below when it goes back to it, also where that is a module's.
  if ($?prompt) eval 'set prompt = "$_lf_prompt_was:s|'"$_lf_shown"'||"'
  unset _lf_shown
endif

if ($?_lf_above) then
  # conda environments on top of an environment module: CONDA_* are the module's, and Lmod has set them back.
  set _lf_kept = ()
  foreach _lf_name (CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER)
    set _lf_kept = ($_lf_kept:q "=`printenv $_lf_name`")
  end
  setenv CONDA_SHLVL $_lf_level
  setenv CONDA_PREFIX "$_lf_above"
  setenv CONDA_PROMPT_MODIFIER "$_lf_modifier"
  while ($_lf_level > 1)
    # The lowest of them as if nothing were below it: that is the module.
    if ($_lf_level == 2) setenv CONDA_SHLVL 1
    set _lf_code = "`(setenv prompt '$_lf_prompt_was'; '$_lf_conda' $_lf_words)`"
    eval "$_lf_code"
    if ($?prompt) then
      set _lf_prompt_was = $prompt:q
    endif
    @ _lf_level--
  end
  foreach _lf_name (CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER)
    if ("$_lf_kept[1]" == "=") then
      unsetenv $_lf_name
    else
      setenv $_lf_name "$_lf_kept[1]:s/=//"
    endif
    shift _lf_kept
  end
  unset _lf_above _lf_modifier _lf_level _lf_kept _lf_name
endif

if ($?_lf_level) then
  # Down to the level at the load, or to an environment module that was loaded since.
  set _lf_stop = $_lf_level
  if ("$_lf_stop" == "none") set _lf_stop = 0
  set _lf_module = none
  if ($?LMODFORGE_ENVIRONMENT) then
    set _lf_module = "$LMODFORGE_ENVIRONMENT"
  endif
  while ($?CONDA_SHLVL && $?CONDA_PREFIX)
    if ("$CONDA_SHLVL" == "$_lf_stop" || "$CONDA_PREFIX" == "$_lf_module") break
    set _lf_code = "`(setenv prompt '$_lf_prompt_was'; '$_lf_conda' $_lf_words)`"
    if ("$_lf_code" == "") break
    eval "$_lf_code"
    if ($?prompt) then
      set _lf_prompt_was = $prompt:q
    endif
  end
  if ("$_lf_conda:t" == micromamba) then
    unsetenv MAMBA_EXE
  else
    unsetenv CONDA_EXE _CONDA_EXE CONDA_PYTHON_EXE _CE_M _CE_CONDA _CONDA_ROOT
  endif
  if ("$_lf_level" == none && "$_lf_module" == none) then
    unsetenv CONDA_SHLVL CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER
  endif
  set _lf_path = ()
  foreach _lf_entry ($path:q)
    if ("$_lf_entry" != "$_lf_conda:h:h/condabin") set _lf_path = ($_lf_path:q "$_lf_entry")
  end
  set path = ($_lf_path:q)
  unset _lf_level _lf_theirs _lf_stop _lf_module _lf_path _lf_entry ask_conda conda_tmp_status
endif

if ($?_lf_names) then
  unsetenv $_lf_names:x
  unset _lf_names
endif

if ($?_lf_venv) then
  if ($?_OLD_VIRTUAL_PROMPT) then
    set prompt = $_OLD_VIRTUAL_PROMPT:q
  endif
  if ($?VIRTUAL_ENV) then
    if ("$VIRTUAL_ENV" == "$_lf_venv") unsetenv VIRTUAL_ENV VIRTUAL_ENV_PROMPT
  endif
  unset _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PROMPT _lf_venv
  unalias deactivate pydoc
endif

if ($?prompt) then
  if ("$prompt" == "") unset prompt
endif
unset _lf_conda _lf_words _lf_code _lf_prompt_was
rehash
