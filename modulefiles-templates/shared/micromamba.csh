# What `micromamba` is in csh: an alias sources this with the program and the user's words.
if ($#argv < 2) then
  "$1"
else if ("$2" == activate || "$2" == deactivate || "$2" == reactivate) then
  set _lf_code = "`(setenv prompt '${prompt}'; '$1' shell $argv[2-] --shell tcsh)`"
  if ($status == 0) eval "$_lf_code"
  unset _lf_code
  rehash
else
  "$1" $argv[2-]
endif
