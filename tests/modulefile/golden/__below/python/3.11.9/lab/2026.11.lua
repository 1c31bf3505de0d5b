-- -*- lua -*-
-- lab/2026.11: written by lmodforge; to change it, change the site file and deploy.
help([[
lab 2026.11: Notebooks

    module load lab/2026.11
    python ...

It is ready to use: nothing needs to be activated. It is read-only and this very release: an update never
changes a job that runs. `module load` of another environment replaces it.
]])
whatis("Name: lab")
whatis("Version: 2026.11")
whatis("Category: python environment")
whatis("Description: Notebooks")
if extensions then                        -- Lmod 8.2 and later: `module spider PACKAGE` answers
  extensions(
    "package-0/1.0")
end

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+/[^/]+/[^/]+/[^/]+$")
local prefix = "/software/python/python/3.11.9/releases/lab-77aa01b2"
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin("python_environment") then return end

module.watch("venv", prefix)
module.prepend_path("PATH", prefix .. "/bin")
module.setenv("LMODFORGE_ENVIRONMENT", prefix)
module.setenv("VIRTUAL_ENV", prefix)
module.setenv("VIRTUAL_ENV_PROMPT", "lab")
module.setenv("PYTHONNOUSERSITE", "1")   -- packages in ~/.local stay out
module.prepend_path("JUPYTER_PATH", prefix .. "/share/jupyter")
module.finish()
