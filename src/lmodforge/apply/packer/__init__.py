"""conda-pack on a release of ours, as a program of its own that `apply.pack` starts."""
