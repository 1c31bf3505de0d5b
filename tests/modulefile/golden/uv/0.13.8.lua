-- -*- lua -*-
-- uv/0.13.8: written by lmodforge; to change it, change the site file and deploy.
help([[
uv 0.13.8: Python packages and projects, fast

    module load uv/0.13.8

Package caches, chosen when the module is loaded:
    export USE_UV_CACHE=1   keeps uv's packages, in project space or scratch
    export USE_UV_CACHE=0   puts them in a temporary directory (the default)
Set it first, then load the module; or set it and load the module again.
]])
whatis("Name: uv")
whatis("Version: 0.13.8")
whatis("Category: tool")
whatis("Description: Python packages and projects, fast")

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+$")
local prefix = "/software/python/uv/0.13.8"
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin() then return end

module.prepend_path("PATH", prefix .. "/bin")
module.part("spaces").uv()                -- UV_CACHE_DIR, PIP_CACHE_DIR
module.part("spaces").uv_itself()         -- where its Pythons and tools go, and how it links
module.finish()
