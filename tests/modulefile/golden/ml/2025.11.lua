-- -*- lua -*-
-- ml/2025.11: written by lmodforge; to change it, change the site file and deploy.
help([[
ml/2025.11 was removed. Load ml/2026.11.
]])
whatis("Name: ml")
whatis("Version: 2025.11")
whatis("Category:")
whatis("Description: ml")

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+$")
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin() then return end

if mode() == "load" then LmodError("ml/2025.11 was removed. Load ml/2026.11.") end
