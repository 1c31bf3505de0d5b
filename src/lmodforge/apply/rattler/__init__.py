"""A program that asks rattler; System.run starts it, and nothing else of lmodforge imports what lies here."""
