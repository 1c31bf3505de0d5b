-- Where a user's environments and package caches go: project space, scratch, or a temporary directory.
-- Decided at load, without starting a program.  What comes from the environment is checked before it is used.
local M = ...
local site, env, say = M.site, M.env, M.say
local posix = require("posix")
local uid   = posix.geteuid()
local S     = {}

-- Safe as one part of a path.
local function part(text)
  return text and #text <= 64 and text:match("^[%w_][%w._-]*$")
end

-- From the user database, not from $USER.
local function user()
  return part((posix.getpasswd(uid) or {}).name)
end

-- Absolute, and without anything that a shell or a list of paths reads.
local function absolute(path)
  return path and path:match("^/[%w/._+@=-]+$") and not (path .. "/"):find("/../", 1, true) and path or nil
end

-- ---- toggles -------------------------------------------------------------------------------------------------
local meaning = { ["1"] = true,  yes = true, on  = true,  ["true"]  = true,
                  ["0"] = false, no  = false, off = false, ["false"] = false }

-- Whether a cache is kept, and whether the user said so.
local function toggle(rule)
  local value = (env(rule.toggle) or ""):match("^%s*(.-)%s*$")
  local kept  = meaning[value:lower()]
  if kept ~= nil then return kept, true end
  if value ~= "" then
    say("%s=%s is not 0 or 1; the site's default is taken: %s.", rule.toggle,
        value:gsub("[^%w ._/-]", "?"):sub(1, 40), rule.persistent and "1, kept" or "0, temporary")
  end
  return rule.persistent, false
end

-- ---- directories ---------------------------------------------------------------------------------------------
-- The user's own or root's, and so is the link if it is one: in a group's space anybody may have made it first.
local function trusted(path)
  local link, st = lfs.symlinkattributes(path), lfs.attributes(path)
  return st and st.mode == "directory" and (st.uid == uid or st.uid == 0) and (link.uid == uid or link.uid == 0)
end

-- Open to the group.  The file is what conda tries its right to write with; nobody else can reach it yet.
local function share(path)
  local test = path .. "/.conda_envs_dir_test"
  local file = io.open(test, "w")
  if file then file:close(); posix.chmod(test, "rw-rw----") end
  -- luaposix reads no `s` in "rwxrws---"; its newer part takes a number: 2770
  local found, status = pcall(require, "posix.sys.stat")
  if found then status.chmod(path, tonumber("2770", 8)) else posix.chmod(path, "rwxrwx---") end
end

local function make(path, shared)
  local mask = posix.umask()
  if shared then posix.umask("rwx------") end
  if posix.mkdir(path) == 0 and shared then share(path) end
  posix.umask(mask)
end

-- base/a/b: made if missing, at load only, and not in the test of a deploy, which loads modules as root.
local function below(base, parts, shared)
  local path = base
  for _, name in ipairs(parts) do
    path = path .. "/" .. name
    local there = lfs.symlinkattributes(path)
    if not there and M.loading and not env("LMODFORGE_LOOK_ONLY") then make(path, shared) end
    if there and not trusted(path) then
      say("%s belongs to another user and is not used.", path)
      return nil
    elseif M.loading and not posix.access(path, "rwx") then
      return nil
    end
  end
  return path
end

-- A user's directory in a space: what the layout has before {user} must be there, the rest is the user's own.
local function home_in(space, pi)
  local name, path, own = user(), space.root, {}
  for _, word in ipairs(name and space.layout or {}) do
    local mine = #own > 0 or word == "{user}"
    word = word == "{user}" and name or word == "{pi}" and pi or word
    if mine then own[#own + 1] = word else path = path .. "/" .. word end
  end
  return isDir(path) and #own > 0 and below(path, own, space.shared) or nil
end

-- ---- the user's space ----------------------------------------------------------------------------------------
-- Who the principal investigator may be, by where one looks.
local sources = {}
function sources.env(add)
  for _, variable in ipairs(site.pi.variables) do add(env(variable)) end
end
function sources.slurm_account(add)
  for _, variable in ipairs(site.pi.accounts) do add((env(variable) or ""):match("^pi%-(.+)$") or env(variable)) end
end
function sources.group(add)
  local names = {}
  for _, gid in ipairs(site.pi.group ~= "" and posix.getgroups() or {}) do
    local group = posix.getgroup(gid)
    names[#names + 1] = group and group.name:match(site.pi.group)
  end
  table.sort(names)
  for _, name in ipairs(names) do add(name) end
end

local function candidates()
  local names, seen = {}, {}
  local function add(name)
    name = part(name)
    if name and not seen[name] and isDir(site.project.root .. "/" .. name) then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  for _, source in ipairs(site.pi.order) do sources[source](add) end
  return names
end

local function project()
  local names = candidates()
  if #names == 0 and not table.concat(site.project.layout):find("{pi}", 1, true) then names = { "" } end
  for i, pi in ipairs(names) do
    local path = home_in(site.project, pi)
    if path then
      table.remove(names, i)
      if #names > 0 then
        say("Project space: %s (others of yours: %s%s).", path, table.concat(names, ", "),
            site.pi.variables[1] and "; " .. site.pi.variables[1] .. " chooses" or "")
      end
      return path
    end
  end
end

local chosen
-- Project space, else scratch; false: programs use what they use by default, below the home directory.
local function space()
  if chosen ~= nil then return chosen end
  chosen = site.project and project() or false
  if chosen or not (site.project or site.scratch) then return chosen end
  chosen = site.scratch and home_in(site.scratch) or false
  if not chosen then
    say("No project or scratch space of yours was found: packages go below your home directory.")
  elseif site.project then
    say("No project space of yours was found: %s is used.", chosen)
  end
  return chosen
end

-- ---- temporary directories -----------------------------------------------------------------------------------
-- The user's own, mode 0700, no link.  lstat(2) comes after mkdir(2): nobody can swap it in between, /tmp is sticky.
local function private(path)
  if M.loading then posix.mkdir(path) end
  local st = lfs.symlinkattributes(path)
  return st and st.mode == "directory" and st.uid == uid and st.permissions == "rwx------" and path
end

local temporary_directory
-- One for each job, and one for all that is no job.
local function temporary()
  if temporary_directory ~= nil then return temporary_directory end
  local bases = {}
  for _, variable in ipairs{ "SLURM_TMPDIR", "TMPDIR" } do bases[#bases + 1] = absolute(env(variable)) end
  for _, base in ipairs(site.temporary) do bases[#bases + 1] = base end
  local mask = posix.umask()
  posix.umask("rwx------")
  for _, base in ipairs(bases) do
    local path = ("%s/lmodforge-%d-%s"):format(base, uid, part(env("SLURM_JOB_ID")) or "login")
    temporary_directory = isDir(base) and (private(path) or M.loading and posix.mkdtemp(path .. "-XXXXXX")) or false
    if temporary_directory then break end
  end
  posix.umask(mask)
  if not temporary_directory then say("No safe temporary directory was found: package caches stay where they are.") end
  return temporary_directory
end

-- ---- what the modules set ------------------------------------------------------------------------------------
-- The user's own value stays.  The same value is not the user's: another module of this tree has set it, and pushenv
-- keeps it until the last of them goes.
local function default(set, variable, value)
  if value and (not env(variable) or env(variable) == value) then set(variable, value) end
end

-- A package cache: its directory if the module sets it.  An explicit toggle wins over the user's own value.
local function cache(set, rule, variable, parts)
  local kept, explicit = toggle(rule)
  local base = kept and space() or not kept and temporary()
  local path = base and base .. "/" .. table.concat(parts, "/")
  if not path or not explicit and env(variable) and env(variable) ~= path or not below(base, parts) then return end
  set(variable, path)
  M.chose("%s packages go to %s (%s=%s, %s)", parts[1], path, rule.toggle, kept and "1" or "0", kept and "kept" or "temporary")
  return path, base
end

-- CONDA_PKGS_DIRS and CONDA_ENVS_PATH.  conda refuses every command when CONDA_ENVS_DIRS is set as well.
function S.conda()
  cache(M.setenv, site.conda_cache, "CONDA_PKGS_DIRS", { "conda", "pkgs" })
  if env("CONDA_ENVS_DIRS") or not space() then return end
  default(M.setenv, "CONDA_ENVS_PATH", below(space(), { "envs" }, site.project and site.project.shared))
end

-- UV_CACHE_DIR or UV_NO_CACHE, and PIP_CACHE_DIR.
function S.uv()
  local kept, explicit = toggle(site.uv_cache)
  if site.uv.no_cache and not kept and (explicit or not env("UV_CACHE_DIR")) then
    return M.pushenv("UV_NO_CACHE", "1")
  end
  local path, base = cache(M.pushenv, site.uv_cache, "UV_CACHE_DIR", { "uv", "cache" })
  if path and explicit and env("UV_NO_CACHE") then M.pushenv("UV_NO_CACHE", false) end
  if path and site.uv.pip then default(M.pushenv, "PIP_CACHE_DIR", below(base, { "pip", "cache" })) end
end

-- What else uv is told: UV_PYTHON_INSTALL_DIR, UV_TOOL_DIR, UV_PYTHON_DOWNLOADS, UV_LINK_MODE.
function S.uv_itself()
  local mine, mode = site.uv.in_space and space(), site.uv.link_mode
  if mine then
    default(M.setenv, "UV_PYTHON_INSTALL_DIR", below(mine, { "uv", "python" }))
    default(M.setenv, "UV_TOOL_DIR", below(mine, { "uv", "tools" }))
  end
  if site.uv.python_downloads ~= "" then default(M.setenv, "UV_PYTHON_DOWNLOADS", site.uv.python_downloads) end
  if mode == "auto" then
    -- A link cannot reach another file system: uv would warn, then copy.
    local packages, home = lfs.attributes(env("UV_CACHE_DIR") or ""), lfs.attributes(space() or env("HOME") or "")
    mode = packages and home and packages.dev ~= home.dev and "copy" or ""
  end
  if mode ~= "" then default(M.setenv, "UV_LINK_MODE", mode) end
end

return S
