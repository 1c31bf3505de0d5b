-- Undoing what a load wrote down, at unload.  Lmod reverses prepend_path, pushenv and the like by itself; what
-- `activate` left in the shell is undone by a script, which the shell runs after it has read Lmod's changes.
local M, directory = ...
local env   = M.env
local posix = require("posix")
local undo = {}

-- Run undo.sh, .csh or .fish of this directory with these variables.
local function in_shell(given)
  local kind = M.shell()
  local set  = { sh = "%s='%s';", csh = "set %s = '%s';", fish = "set -g %s '%s';" }
  if not set[kind] then return end
  local commands, strange = {}, "[^%w /._+@=,:~()-]"
  if directory:find(strange) then return end
  for name, value in pairs(given) do
    if value:find(strange) then return end  -- a command holds nothing that a shell would read
    commands[#commands + 1] = set[kind]:format("_lf_" .. name, value)
  end
  table.sort(commands)
  commands[#commands + 1] = (kind == "sh" and ". '%s/undo.sh'" or "source '%s/undo." .. kind .. "'"):format(directory)
  execute{ cmd = table.concat(commands, " "), modeA = { "unload" } }
end

-- The names of what conda writes down per level, from this level on; it leaves most of them behind.
local function saved(from)
  local names = {}
  for name in pairs(posix.getenv()) do
    local level = name:match("^__CONDA_SHLVL_(%d+)_[%w_]+$") or name:match("^CONDA_PREFIX_(%d+)$")
                  or name:match("^CONDA_STACKED_(%d+)$")
    if level and tonumber(level) >= from then names[#names + 1] = name end
  end
  table.sort(names)
  return #names > 0 and table.concat(names, " ") or nil
end

function undo.family(name)         family(name) end
function undo.prepend(name, value) prepend_path(name, value) end
function undo.append(name, value)  append_path(name, value) end
function undo.set(name)            setenv(name, "") end
function undo.env(name)            pushenv(name, false) end
function undo.alias(name)          set_alias(name, "") end
undo["function"] = function(name)  set_shell_function(name, "", "") end

-- Lmod returns to "unset" where a variable was empty.
function undo.empty(name)
  pushenv(name, false)
  local commands = { sh = "export %s=''", csh = "setenv %s ''", fish = "set -gx %s ''" }
  execute{ cmd = (commands[M.shell()] or "%s"):format(name), modeA = { "unload" } }
end

-- conda or micromamba: the level and the conda at the load.
function undo.conda(program, level, theirs)
  local mamba = program:match("/micromamba$")
  local now   = mamba and (env("MAMBA_EXE") or program) or env("CONDA_EXE")
  if (now or "none") == theirs and (env("CONDA_SHLVL") or "none") == level then return end
  if now ~= program then return end
  in_shell{ conda = program, level = level, theirs = theirs == "none" and "" or theirs,
            names = saved(tonumber(level) or 0) }
  -- What the shell will have then: a module that the same command loads must see it now.
  posix.setenv("CONDA_SHLVL", level ~= "none" and level or nil, true)
  posix.setenv("CONDA_EXE", theirs ~= "none" and theirs or nil, true)
end

-- An environment module of conda's kind, with conda environments on top of it or not.
function undo.above_conda(prefix)
  local now, level, conda = env("CONDA_PREFIX"), env("CONDA_SHLVL"), env("CONDA_EXE")
  local modifier = env("CONDA_PROMPT_MODIFIER") or ""
  if now == prefix and level == "1" then
    in_shell{ shown = modifier }
  elseif now and level and conda then
    in_shell{ conda = conda, above = now, level = level, modifier = modifier, names = saved(1) }
  end
end

-- A virtual environment that was activated since.
function undo.above_venv(before, prompt)
  local now = env("VIRTUAL_ENV")
  if not now or now == before then return end
  prepend_path("PATH", now .. "/bin")
  in_shell{ venv = now, hide_prompt = prompt == "none" and env("PS1") and "yes" or nil }
end

return undo
