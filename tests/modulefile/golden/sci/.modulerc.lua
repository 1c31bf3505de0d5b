-- -*- lua -*-
-- Written by lmodforge: defaults, other names, what is hidden and what is no longer to be loaded.
module_version("sci/2026.11", "default")
