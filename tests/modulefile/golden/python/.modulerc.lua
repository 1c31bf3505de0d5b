-- -*- lua -*-
-- Written by lmodforge: defaults, other names, what is hidden and what is no longer to be loaded.
hide_version("python/anaconda-2022.05")
if forbid then                            -- Lmod 8.7.50 and later
  forbid{ name = "python/anaconda-2022.05", after = "2027-01-15", message = "Load python/miniforge-25.3.0." }
end
module_version("python/miniforge-25.3.0", "default")
module_version("python/miniforge-25.3.0", "miniforge")
module_alias("miniforge", "python/miniforge-25.3.0")
