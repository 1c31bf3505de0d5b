-- -*- lua -*-
-- Written by lmodforge: defaults, other names, and what is hidden.
hide_version("ml/2025.11")
