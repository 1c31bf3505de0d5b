"""What was built, from what, with which hashes."""
