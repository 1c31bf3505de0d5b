"""How a base prefix comes to be: one file per kind."""
