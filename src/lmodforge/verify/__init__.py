"""Load modulefiles in real Lmod."""
