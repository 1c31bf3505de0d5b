"""`python -m lmodforge` is the `lmodforge` program."""

from lmodforge.program import main

main()
