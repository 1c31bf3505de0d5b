-- -*- lua -*-
-- python/3.11.9: written by lmodforge; to change it, change the site file and deploy.
help([[
Python 3.11.9: Plain Python

    module load python/3.11.9
    source activate NAME      and `deactivate`

Package caches, chosen when the module is loaded:
    export USE_UV_CACHE=1   keeps uv's packages, in project space or scratch
    export USE_UV_CACHE=0   puts them in a temporary directory (the default)
Set it first, then load the module; or set it and load the module again.
]])
whatis("Name: Python")
whatis("Version: 3.11.9")
whatis("Category: python")
whatis("Description: Plain Python")

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+$")
local prefix = "/software/python/python/3.11.9"
if mode() == "spider" then prepend_path("MODULEPATH", tree .. "/__below/python/3.11.9") end
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin("python") then return end

module.part("venv")
module.prepend_path("PATH", prefix .. "/bin")
module.prepend_path("MODULEPATH", tree .. "/__below/python/3.11.9")
module.part("spaces").uv()                -- UV_CACHE_DIR, PIP_CACHE_DIR
module.finish()
