-- -*- lua -*-
-- sci/2026.11: written by lmodforge; to change it, change the site file and deploy.
help([[
sci 2026.11: Scientific computing

    module load sci/2026.11
    python ...

It is ready to use: nothing needs to be activated. It is read-only and this very release: an update never
changes a job that runs. `module load` of another environment replaces it.
]])
whatis("Name: sci")
whatis("Version: 2026.11")
whatis("Category: python environment")
whatis("Description: Scientific computing")
if extensions then                        -- Lmod 8.2 and later: `module spider PACKAGE` answers
  extensions(
    "package-0/1.0, package-1/1.1, package-10/1.10, package-11/1.11, package-2/1.2, package-3/1.3, " ..
    "package-4/1.4, package-5/1.5, package-6/1.6, package-7/1.7, package-8/1.8, package-9/1.9")
end

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+$")
local prefix = "/software/python/python/miniforge-25.3.0/releases/sci-3f2a9c1d"
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin("python_environment") then return end

module.watch("conda", prefix)
module.prepend_path("PATH", prefix .. "/bin")
module.setenv("LMODFORGE_ENVIRONMENT", prefix)
module.setenv("CONDA_PREFIX", prefix)
module.setenv("CONDA_DEFAULT_ENV", "sci")
module.setenv("CONDA_SHLVL", "1")
module.setenv("CONDA_PROMPT_MODIFIER", "(sci) ")
module.setenv("PYTHONNOUSERSITE", "1")   -- packages in ~/.local stay out
module.prepend_path("JUPYTER_PATH", prefix .. "/share/jupyter")
module.setenv("GDAL_DATA", prefix .. "/share/gdal")
module.prepend_path("XDG_DATA_DIRS", prefix .. "/share")
module.append_path("MANPATH", "/usr/share/man")
module.setenv("PROJ_NETWORK", "ON")
module.finish()
