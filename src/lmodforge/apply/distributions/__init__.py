"""How a base prefix comes to be: one file per kind, each a function from an action to a receipt."""
