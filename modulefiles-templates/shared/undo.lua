-- Undoing what a load wrote down, at unload.  Lmod reverses prepend_path, pushenv and the like by itself; what
-- `activate` left in the shell is undone by a script, which the shell runs after it has read Lmod's changes.
local M, directory = ...
local env  = M.env
local undo = {}

-- Run undo.sh, .csh or .fish of this directory with these variables.
local function in_shell(given)
  local kind = M.shell()
  local set  = { sh = "%s='%s';", csh = "set %s = '%s';", fish = "set -g %s '%s';" }
  if not set[kind] then return end
  local commands = {}
  for name, value in pairs(given) do
    if value:find("[^%w /._+@=,:~()-]") then return end  -- nothing else goes into a command unseen
    commands[#commands + 1] = set[kind]:format("_lf_" .. name, value)
  end
  table.sort(commands)
  commands[#commands + 1] = (kind == "sh" and ". '%s/undo.sh'" or "source '%s/undo." .. kind .. "'"):format(directory)
  execute{ cmd = table.concat(commands, " "), modeA = { "unload" } }
end

function undo.family(name)         family(name) end
function undo.prepend(name, value) prepend_path(name, value) end
function undo.append(name, value)  append_path(name, value) end
function undo.env(name)            pushenv(name, false) end
function undo.alias(name)          set_alias(name, "") end
undo["function"] = function(name)  set_shell_function(name, "", "") end

-- Lmod returns to "unset" where a variable was empty.
function undo.empty(name)
  pushenv(name, false)
  local commands = { sh = "export %s=''", csh = "setenv %s ''", fish = "set -gx %s ''" }
  execute{ cmd = (commands[M.shell()] or "%s"):format(name), modeA = { "unload" } }
end

-- A conda prefix: its level and the conda that was set up before the load.
function undo.conda(prefix, level, theirs)
  local now = env("CONDA_EXE")
  if (now or "none") == theirs and (env("CONDA_SHLVL") or "none") == level then return end
  if now ~= prefix .. "/bin/conda" then return end
  in_shell{ conda = now, level = level, theirs = theirs == "none" and "" or theirs }
end

-- A conda environment that was activated on top of an environment module.
function undo.above(prefix)
  local now, conda = env("CONDA_PREFIX"), env("CONDA_EXE")
  if not now or not conda or now == prefix and env("CONDA_SHLVL") == "1" then return end
  for level = 2, 9 do                     -- those between the two, with `conda activate --stack`
    local between = env("CONDA_PREFIX_" .. level)
    if between then prepend_path("PATH", between .. "/bin") end
  end
  in_shell{ conda = conda, above = now, modifier = env("CONDA_PROMPT_MODIFIER") or "" }
end

-- A virtual environment that was activated since.
function undo.venv(before)
  local now = env("VIRTUAL_ENV")
  if not now or now == before then return end
  prepend_path("PATH", now .. "/bin")
  in_shell{ venv = now }
end

return undo
