-- Which workspace a session is put into: what the variable names, or the user's only one.
local M, root, variable, pattern = ...
local posix = require("posix")

-- Safe as one part of a path; a workspace is a directory that the user may enter.
local function there(name)
  return name and name:match("^[%w_][%w._-]*$") and posix.access(root .. "/" .. name, "rx") and isDir(root .. "/" .. name)
end

local function mine()
  local names, seen = {}, {}
  for _, gid in ipairs(posix.getgroups() or {}) do
    local group = posix.getgroup(gid)
    local name  = group and group.name:match(pattern)
    if there(name) and not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

-- Its name and path; nothing where there is none, which stops a load unless modules are only looked at.
return function()
  if not M.loading then return "NAME", root .. "/NAME" end
  local asked = M.env(variable)
  if there(asked) then return asked, root .. "/" .. asked end
  local names = mine()
  if not asked and #names == 1 then return names[1], root .. "/" .. names[1] end
  if M.env("LMODFORGE_LOOK_ONLY") then return end
  local which = #names == 0 and "You have no workspace." or
                ("Workspaces of yours: %s. Set %s to one of them, and load the module again."):format(table.concat(names, ", "), variable)
  LmodError((asked and ("%s is not one that you can enter. "):format(variable) or "") .. which)
end
