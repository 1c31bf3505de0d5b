-- The release for this node: the first of whose type it is.  All that a type states must hold; no program is started.
-- The deploy asks the same of the nodes that it builds on, so what fits here was built and checked on a node like this.
local M, releases = ...

-- The lines of /proc/cpuinfo about the first processor, by key.
local function processor()
  local found, file = {}, io.open("/proc/cpuinfo")
  if not file then return found end
  for line in file:lines() do
    local key, value = line:match("^([^:]-)%s*:%s*(.-)%s*$")
    if key then found[key] = " " .. value .. " " elseif next(found) then break end
  end
  file:close()
  return found
end

-- The branch of NVIDIA's driver, 560 of 560.35.03; 0 where there is none.
local function driver()
  local file = io.open("/proc/driver/nvidia/version")
  if not file then return 0 end
  local branch = (file:read("*l") or ""):match("%s(%d+)%.%d")
  file:close()
  return tonumber(branch or 0)
end

-- Slurm's name of this node inside a job, the host's elsewhere.
local name = M.env("SLURMD_NODENAME") or require("posix").uname("%n")
local cpu, branch                         -- read when the first type asks for them

local function fits(kind)
  if kind.cpu then
    cpu = cpu or processor()
    for key, words in pairs(kind.cpu) do
      if not cpu[key] then return false end
      for word in words:gmatch("%S+") do
        if not cpu[key]:find(" " .. word .. " ", 1, true) then return false end
      end
    end
    if (kind.power or 0) > tonumber((cpu.cpu or ""):match("POWER(%d+)") or 0) then return false end
  end
  if kind.driver then
    branch = branch or driver()
    if kind.driver > branch then return false end
  end
  for _, pattern in ipairs(kind.hosts or {}) do
    if name:match(pattern) or name:match("^[^.]*"):match(pattern) then return true end
  end
  return not kind.hosts
end

local look = M.env("LMODFORGE_LOOK_ONLY")  -- a deploy loads each of them, wherever it runs
for _, release in ipairs(releases) do
  if release.type == look then return release end
end

local types = {}
for i, release in ipairs(releases) do
  if fits(release) then
    if release.type ~= "any" then M.chose("%s is the release for nodes of type %s", myModuleFullName(), release.type) end
    return release
  end
  types[i] = release.type
end

if M.loading and not look then
  LmodError(("%s is for nodes of type %s only, and %s is none: load it in a job on a node that is.")
            :format(myModuleFullName(), table.concat(types, " or "), name))
end
return releases[1]
