-- -*- lua -*-
-- bio/2026.11: written by lmodforge; to change it, change the site file and deploy.
help([[
bio 2026.11: Genomes

    module load bio/2026.11
    python ...

It is ready to use: nothing needs to be activated. It is read-only and this very release: an update never
changes a job that runs. `module load` of another environment replaces it.

Nodes get the release that was built for their type, the first that fits: a100, any.
]])
whatis("Name: bio")
whatis("Version: 2026.11")
whatis("Category: python environment")
whatis("Description: Genomes")
if extensions then                        -- Lmod 8.2 and later: `module spider PACKAGE` answers
  extensions(
    "package-0/1.0, package-1/1.1")
end

local tree   = myFileName():match("^(.*)/[^/]+/[^/]+$")
if mode() == "spider" then return end

local shared = loadfile(tree .. "/__lmodforge/module.lua")
if not shared then LmodError(tree .. "/__lmodforge/module.lua is missing: deploy again.") return end
local module = shared(tree)
if not module.begin("python_environment") then return end

-- A release for each type of nodes: this node gets the first whose every line holds here.
local release = module.part("nodes", {
  {
    type = "a100",
    prefix = "/software/python/python/miniforge-25.3.0/releases/bio-a100-0ddba115",
    archspec = "zen3",
    cpu = { vendor_id = "AuthenticAMD", flags = "abm aes avx avx2 bmi1 bmi2 clflushopt clwb clzero cx16 f16c fma fsgsbase lahf_lm mmx movbe pclmulqdq pku popcnt rdseed sse sse2 sse4_1 sse4_2 sse4a ssse3 vaes vpclmulqdq xsave xsavec xsaveopt" },
    driver = 560,
    hosts = { "^gpu%-[0-9].*$" },
  },
  {
    type = "any",
    prefix = "/software/python/python/miniforge-25.3.0/releases/bio-5c0ffee5",
  },
})
local prefix = release.prefix

module.watch("conda", prefix)
module.prepend_path("PATH", prefix .. "/bin")
module.setenv("LMODFORGE_ENVIRONMENT", prefix)
module.setenv("CONDA_PREFIX", prefix)
module.setenv("CONDA_DEFAULT_ENV", "bio")
module.setenv("CONDA_SHLVL", "1")
module.setenv("CONDA_PROMPT_MODIFIER", "(bio) ")
module.setenv("PYTHONNOUSERSITE", "1")   -- packages in ~/.local stay out
module.prepend_path("JUPYTER_PATH", prefix .. "/share/jupyter")
if release.type == "a100" then
  module.setenv("BLASTDB", "/data/blast")
  module.setenv("CUDA_HOME", prefix)
elseif release.type == "any" then
  module.setenv("BLASTDB", "/data/blast")
end
module.finish()
