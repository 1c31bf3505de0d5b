-- -*- lua -*-
-- python/miniforge-25.3.0: written by lmodforge; to change it, change the site file and deploy.
help([[
Miniforge 25.3.0: Conda and mamba, with packages from conda-forge

    module load python/miniforge-25.3.0
    source activate NAME      or: conda activate NAME; `conda init` is not needed

Environments, and their own modules:
    sci          sci/2026.11          Scientific computing
    ml           ml/2026.11

Package caches, chosen when the module is loaded:
    export USE_CONDA_CACHE=1   keeps conda's packages, in project space or scratch (the default)
    export USE_CONDA_CACHE=0   puts them in a temporary directory
    export USE_UV_CACHE=1   keeps uv's packages, in project space or scratch
    export USE_UV_CACHE=0   puts them in a temporary directory (the default)
Set it first, then load the module; or set it and load the module again.

Questions: help@rcc.example
]])
whatis("Name: Miniforge")
whatis("Version: 25.3.0")
whatis("Category: python")
whatis("Keyword: conda, mamba")
whatis("URL: https://conda-forge.org/")
whatis("Description: Conda and mamba, with packages from conda-forge")
if extensions then                        -- Lmod 8.2 and later: `module spider PACKAGE` answers
  extensions(
    "conda/25.3.0, mamba/2.1.0")
end

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+$")
local prefix = "/software/python/python/miniforge-25.3.0"
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin("python") then return end

module.part("conda", prefix, "conda")
module.prepend_path("PATH", prefix .. "/bin")
module.part("spaces").conda()             -- CONDA_ENVS_PATH, CONDA_PKGS_DIRS
module.part("spaces").uv()                -- UV_CACHE_DIR, PIP_CACHE_DIR
module.finish()
