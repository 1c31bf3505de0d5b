-- Undoing what a load wrote down, at unload.  Lmod reverses prepend_path, pushenv and the like by itself; what
-- `activate` left in the shell is undone by a script, which the shell runs after it has read Lmod's changes.
local M, directory = ...
local env   = M.env
local posix = require("posix")
local undo = {}

-- What goes into a command holds nothing that a shell would read.
local function plain(text)
  assert(not text:find("[^%w /._+@=,:~()\128-\255-]"), "a shell would read a part of " .. text)
  return text
end

-- Run undo.sh, .csh or .fish of this directory with these variables.
local function in_shell(given)
  local kind, commands = M.shell(), {}
  local set = ({ sh = "_lf_%s='%s';", csh = "set _lf_%s = '%s';", fish = "set -g _lf_%s '%s';" })[kind]
  if not set then return end
  for name, value in pairs(given) do commands[#commands + 1] = set:format(name, plain(value)) end
  table.sort(commands)
  commands[#commands + 1] = ("%s '%s/undo.%s'"):format(kind == "sh" and "." or "source", plain(directory), kind)
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

function undo.umask(old)
  execute{ cmd = "umask " .. old:match("^%d+$"), modeA = { "unload" } }
end

-- Lmod returns to "unset" where a variable was empty.
function undo.empty(name)
  pushenv(name, false)
  local set = ({ sh = "export %s=''", csh = "setenv %s ''", fish = "set -gx %s ''" })[M.shell()]
  if set then execute{ cmd = set:format(plain(name)), modeA = { "unload" } } end
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
