-- -*- lua -*-
-- python/anaconda-2022.05: written by lmodforge; to change it, change the site file and deploy.
help([[
Anaconda 2022.05

    module load python/anaconda-2022.05
    source activate NAME      or: conda activate NAME; `conda init` is not needed

Package caches, chosen when the module is loaded:
    export USE_CONDA_CACHE=1   keeps conda's packages, in project space or scratch (the default)
    export USE_CONDA_CACHE=0   puts them in a temporary directory
    export USE_UV_CACHE=1   keeps uv's packages, in project space or scratch
    export USE_UV_CACHE=0   puts them in a temporary directory (the default)
Set it first, then load the module; or set it and load the module again.
]])
whatis("Name: Anaconda")
whatis("Version: 2022.05")
whatis("Category: python")
whatis("Description: Anaconda")

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+$")
local prefix = "/software/anaconda-2022.05"
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin("python") then return end
module.retire({ deprecated = "2026-10-01", removed = "2027-01-15", advice = "Load python/miniforge-25.3.0." })

module.part("conda", prefix, "conda")
module.prepend_path("PATH", prefix .. "/bin")
module.part("spaces").conda()             -- CONDA_ENVS_PATH, CONDA_PKGS_DIRS
module.part("spaces").uv()                -- UV_CACHE_DIR, PIP_CACHE_DIR
module.finish()
