-- Where a user's environments and package caches go: project space, scratch, a temporary directory.
-- Decided at load.  Nothing that comes from the environment is used before it was checked.
local M = ...
local site, env, say, loading = M.site, M.env, M.say, M.loading
local posix = require("posix")
local S = {}

local uid  = posix.geteuid()
local user = (posix.getpasswd(uid) or {}).name                       -- from the user database, not from $USER

-- Safe as one part of a path.
local function part(text)
  return text and #text <= 64 and text:match("^[%w][%w._-]*$")
end

-- An absolute path without anything that a shell or a list of paths reads.
local function absolute(text)
  return text and text:match("^/[%w/._+@=-]+$") and not (text .. "/"):find("/../", 1, true) and (text:gsub("/+$", "")) or nil
end

-- ---- toggles ---------------------------------------------------------------------------------------------------
local words = { ["1"] = true, yes = true, ["true"] = true, on = true, ["0"] = false, no = false, ["false"] = false, off = false }

-- Whether a cache is kept, and whether the user said so.
local function toggle(rule)
  local value = (os.getenv(rule.toggle) or ""):match("^%s*(.-)%s*$")
  local kept  = words[value:lower()]
  if kept ~= nil then return kept, true end
  if value ~= "" then
    say("%s=%s is not 0 or 1: the site's default is taken, %s.", rule.toggle, value:gsub("[^%w ._/-]", "?"):sub(1, 40),
        rule.persistent and "1 (kept)" or "0 (temporary)")
  end
  return rule.persistent, false
end

-- ---- directories -----------------------------------------------------------------------------------------------
local function owned(path)
  local st = lfs.attributes(path)
  return st and st.mode == "directory" and (st.uid == uid or st.uid == 0)
end

-- Mode 2770, and the file that conda tries its right to write with: made while nobody else can reach it.
local function share(path)
  local test = io.open(path .. "/.conda_envs_dir_test", "w")
  if test then test:close(); posix.chmod(path .. "/.conda_envs_dir_test", "rw-rw----") end
  posix.chmod(path, "rwxrws---")
end

-- Make a directory of the user's own.
local function make(path, shared)
  if not loading then return end
  local mask = posix.umask(shared and "rwx------" or nil)
  if posix.mkdir(path) == 0 and shared then share(path) end
  posix.umask(mask)
end

-- base/a/b, made if missing.  Each part must be the user's own or root's: in a group's space a colleague can put
-- anything there first.
local function below(base, parts, shared)
  local path = base
  for _, name in ipairs(parts) do
    path = path .. "/" .. name
    if not isDir(path) then make(path, shared) end
    if not owned(path) and (loading or isDir(path)) then
      if isDir(path) then say("%s belongs to another user and is not used.", path) end
      return nil
    end
  end
  return path
end

-- A user's directory in a space: what the site's layout names before {user} must be there already.
local function home_in(space, pi)
  local path, parts = space.root, {}
  for _, name in ipairs(space.layout) do
    local text = name == "{user}" and part(user) or name == "{pi}" and pi or name
    if #parts > 0 or name == "{user}" then parts[#parts + 1] = text else path = path .. "/" .. text end
  end
  return isDir(path) and part(user) and below(path, parts, space.shared) or nil
end

-- ---- the user's space ------------------------------------------------------------------------------------------
local candidates = {}
function candidates.env(found)
  for _, name in ipairs(site.pi_variables) do found(part(env(name)), name) end
end
function candidates.slurm_account(found)
  for _, name in ipairs(site.pi_accounts) do
    local account = part(env(name))
    found(account and (account:match("^pi%-(.+)$") or account))
  end
end
function candidates.group(found)
  local names = {}
  for _, gid in ipairs(site.pi_group ~= "" and posix.getgroups() or {}) do
    local group = posix.getgroup(gid)
    names[#names + 1] = group and part(group.name:match(site.pi_group))
  end
  table.sort(names)
  for _, name in ipairs(names) do found(name) end
end

local function project_space()
  local found, seen = {}, {}
  for _, source in ipairs(site.pi_order) do
    candidates[source](function(pi)
      if pi and not seen[pi] then seen[pi] = true; found[#found + 1] = pi end
    end)
  end
  for i, pi in ipairs(found) do
    local path = home_in(site.project, pi)
    if path then return path, table.concat(found, ", ", i + 1) end
  end
end

local mine
-- The user's directory in project space, else in scratch, else nil: what programs use by default, below $HOME.
local function space()
  if mine ~= nil then return mine end
  local others
  if site.project then mine, others = project_space() end
  if others and others ~= "" then say("Project space: %s (you also belong to %s).", mine, others) end
  if not mine and site.scratch then
    mine = home_in(site.scratch)
    if mine and site.project then say("No project space of yours was found: %s is used.", mine) end
  end
  mine = mine or false
  if not mine and (site.project or site.scratch) then
    say("No project or scratch space of yours was found: packages go below your home directory.")
  end
  return mine
end

-- ---- temporary directories -------------------------------------------------------------------------------------
-- The user's own, mode 0700, no link: lstat(2) after mkdir(2), so that nobody can swap it in between.
local function private(path)
  make(path)
  local st = lfs.symlinkattributes(path)
  return st and st.mode == "directory" and st.uid == uid and st.permissions == "rwx------" and path
end

local temporary_directory
local function temporary()
  if temporary_directory ~= nil then return temporary_directory end
  local bases = { absolute(env("SLURM_TMPDIR")) or absolute(env("TMPDIR")), absolute(env("TMPDIR")) }
  for _, path in ipairs(site.temporary) do bases[#bases + 1] = path end
  local mask = posix.umask("rwx------")
  for _, base in ipairs(bases) do
    local path = ("%s/lmodforge-%d-%s"):format(base, uid, part(env("SLURM_JOB_ID")) or "login")
    temporary_directory = isDir(base) and (private(path) or loading and posix.mkdtemp(path .. "-XXXXXX")) or false
    if temporary_directory then break end
  end
  posix.umask(mask)
  if not temporary_directory then say("No safe temporary directory was found: package caches stay where they are.") end
  return temporary_directory
end

-- ---- what the modules set --------------------------------------------------------------------------------------
-- A package cache.  The user's own setting wins over the site's default, an explicit toggle wins over both.
local function cache(rule, variable, parts)
  local kept, explicit = toggle(rule)
  local base = kept and space() or not kept and temporary()
  local path = base and base .. "/" .. table.concat(parts, "/")
  -- The same value is not the user's own: another module of this tree set it, and may go first.
  if not path or env(variable) and env(variable) ~= path and not explicit then return end
  if not below(base, parts) then return end
  M.pushenv(variable, path)
  M.chose(("%s: %s (%s)"):format(variable, path, kept and "kept" or "temporary"))
end

function S.conda()
  cache(site.conda_cache, "CONDA_PKGS_DIRS", { "conda", "pkgs" })
  -- conda refuses every command when CONDA_ENVS_DIRS is set as well.
  if env("CONDA_ENVS_PATH") or env("CONDA_ENVS_DIRS") or not space() then return end
  local path = below(space(), { "envs" }, site.project and site.project.shared)
  if path then M.pushenv("CONDA_ENVS_PATH", path) end
end

function S.uv()
  cache(site.uv_cache, "UV_CACHE_DIR", { "uv", "cache" })
end

return S
