-- What the modulefiles of this tree share.  Every change to the environment is written down in one variable,
-- __LMODFORGE_<name>, and unloading undoes that record, not the modulefile: a deploy may have replaced it since.
local M = {}

-- The site's rules, from its site file.
M.site = {
  site = "Midway3",
  project = { root = "/project", layout = { "{pi}", "{user}" }, shared = false },
  scratch = { root = "/scratch/midway3", layout = { "{user}" }, shared = false },
  pi = { order = { "env", "slurm_account", "group" }, variables = { "RCC_PI" }, accounts = { "SLURM_JOB_ACCOUNT" }, group = "^pi%-(.+)$" },
  conda_cache = { toggle = "USE_CONDA_CACHE", persistent = true },
  uv_cache = { toggle = "USE_UV_CACHE", persistent = false },
  uv = { no_cache = false, pip = true, link_mode = "auto", python_downloads = "", in_space = true },
  temporary = { "/tmp" },
  messages = true,
  notice = "",
  user_site = false,
  jupyter = true,
}

local tree      = ...                     -- where the modulefiles are
local directory = tree .. "/__lmodforge"
M.directory     = directory
local record    = "__LMODFORGE_" .. myModuleName():gsub("%W", function(c) return ("_%02X"):format(c:byte()) end)
local done      = {}                      -- what this load has changed, in the record's words
local unpack    = table.unpack or unpack  -- Lua 5.1 has the second only
M.loading       = mode() == "load"

local function escape(text)   return (text:gsub("[^%w/._+@=,:~-]", function(c) return ("%%%02X"):format(c:byte()) end)) end
local function unescape(text) return (text:gsub("%%(%x%x)", function(x) return string.char(tonumber(x, 16)) end)) end

-- A variable's value; nil when it is unset or empty.
function M.env(name)
  local value = os.getenv(name)
  if value ~= "" then return value end
end

-- "sh", "csh" or "fish": the language that the user's shell speaks.
function M.shell()
  return myShellName() == "fish" and "fish" or myShellType()
end

-- Tell the user, at load only.  (LmodWarning would make the command fail before Lmod 8.7.33.)
function M.say(text, ...)
  if M.loading then LmodMessage(text:format(...)) end
end

-- Another file of this directory.
local parts = {}
function M.part(name, ...)
  if not parts[name] then parts[name] = { assert(loadfile(directory .. "/" .. name .. ".lua"))(M, ...) } end
  return parts[name][1]
end

-- Write something down for the unload: a word, then its arguments.
function M.note(word, ...)
  local entry = { word }
  for i, argument in ipairs({ ... }) do entry[i + 1] = escape(argument) end
  done[#done + 1] = table.concat(entry, " ")
end

-- Environments that users activate on top, of conda's or of venv's kind: the unload deactivates them.
function M.watch(kind, prefix)
  M.note("above_" .. kind, prefix, M.env("PS1") and "exported" or "none")
end

function M.prepend_path(name, value)
  M.note("prepend", name, value)
  prepend_path(name, value)
end

function M.append_path(name, value)
  M.note("append", name, value)
  append_path(name, value)
end

-- Lmod before 8.7.60 leaves its stack behind when the variable had a value, and would return to that old value
-- after the next load: push the present one first.
local function refresh_stack(name)
  local stack = os.getenv("__LMOD_STACK_" .. name)
  if not stack or not M.loading or convertToCanonical(LmodVersion()) >= convertToCanonical("8.7.60") then return end
  local now = os.getenv(name)
  if stack:match("^[^:]*") ~= (now and require("base64").encode64(now) or "false") then pushenv(name, now or false) end
end

-- Set a variable until the unload.  (Lmod would return to "unset" where it was empty.)
function M.pushenv(name, value)
  M.note(os.getenv(name) == "" and "empty" or "env", name)
  refresh_stack(name)
  pushenv(name, value)
end

-- The same for a variable that no other module of the tree sets: ten times cheaper than pushenv where it is unset.
function M.setenv(name, value)
  if os.getenv(name) then return M.pushenv(name, value) end
  M.note("set", name)
  setenv(name, value)
end

-- A shell function for sh and fish, an alias for csh; @NAME@ in them stands for one of the values.
-- (Lmod 8.6 leaves an empty alias behind when a csh user unloads a shell function.)
function M.shell_function(name, text, values)
  local kind = M.shell()
  if not text[kind] then return end       -- Python, R, CMake: they have modules, and no functions
  local filled = text[kind]:gsub("@(%u+)@", values)
  M.note(kind == "csh" and "alias" or "function", name)
  if kind == "csh" then set_alias(name, filled) else set_shell_function(name, filled, "") end
end

-- The session's umask, in octal; Lmod has the shell's own.  (luaposix tells what it leaves, as `rwxr-xr-x`.)
function M.umask(mask)
  local left, old = require("posix").umask(), 0
  for i = 1, 9 do old = old * 2 + (left:sub(i, i) == "-" and 1 or 0) end
  M.note("umask", ("%03o"):format(old))
  execute{ cmd = "umask " .. mask, modeA = { "load" } }
end

-- What a load chose for the user, told in one line at its end.
local choices = {}
function M.chose(text, ...) choices[#choices + 1] = text:format(...) end

-- The last word of a load.
function M.finish()
  setenv(record, table.concat(done, ";"))
  if #choices > 0 and M.site.messages then M.say("%s", table.concat(choices, "; ")) end
end

-- Undo what the load wrote down.  False when this is no unload, or when nothing was written down.  Lmod keeps quiet
-- about an error at unload, and skips the rest: so every entry is on its own, and what fails is told.
local function undone()
  local entries = M.env(record)
  if mode() ~= "unload" or not entries then return false end
  for entry in entries:gmatch("[^;]+") do
    local words = {}
    for word in entry:gmatch("%S+") do words[#words + 1] = unescape(word) end
    local fine, problem = pcall(function() M.part("undo", directory)[words[1]](unpack(words, 2)) end)
    if not fine then LmodMessage("lmodforge: `" .. entry .. "` was not undone: " .. tostring(problem)) end
  end
  setenv(record, "")
  return true
end

-- Say that a module goes away, from the day that the site has set; refuse to load it once it has gone.
function M.retire(plan)
  if not M.loading then return end
  local today = os.date("%Y-%m-%d")
  if plan.removed and today >= plan.removed then
    LmodError(("%s was removed on %s. %s"):format(myModuleFullName(), plan.removed, plan.advice or ""))
  elseif plan.deprecated and today >= plan.deprecated then
    M.say("%s is deprecated%s. %s", myModuleFullName(),
          plan.removed and " and will be removed on " .. plan.removed or "", plan.advice or "")
  end
end

-- The first word of a modulefile; false when there is nothing left to do.  Of one family one is loaded at a time.
-- Lmod loads a module that replaces another before it unloads that one, and then again: the first load does nothing.
function M.begin(name)
  if name then
    local other = M.env("LMOD_FAMILY_" .. name:upper())
    M.note("family", name)
    family(name)
    if M.loading and other and other ~= myModuleName() and isloaded(other) and not M.env("LMOD_EXPERT") then
      setenv(record, table.concat(done, ";"))
      return false
    end
  end
  if undone() then return false end
  if M.site.notice ~= "" and myModuleUsrName() ~= myModuleFullName() then M.say("%s", M.site.notice) end
  return true
end

return M
