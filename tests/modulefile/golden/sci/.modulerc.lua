-- -*- lua -*-
-- Written by lmodforge: defaults, other names, and what is hidden.
module_version("sci/2026.11", "default")
