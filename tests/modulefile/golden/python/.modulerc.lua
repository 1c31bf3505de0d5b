-- -*- lua -*-
-- Written by lmodforge: defaults, other names, and what is hidden.
hide_version("python/anaconda-2022.05")
module_version("python/miniforge-25.3.0", "default")
module_version("python/miniforge-25.3.0", "miniforge")
module_alias("miniforge", "python/miniforge-25.3.0")
