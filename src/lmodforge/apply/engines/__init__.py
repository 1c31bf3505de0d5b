"""How the packages of an environment are resolved and installed: one file per engine."""
