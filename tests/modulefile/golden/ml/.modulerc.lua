-- -*- lua -*-
-- Written by lmodforge: defaults, other names, what is hidden and what is no longer to be loaded.
hide_version("ml/2025.11")
