"""What people write: models of the site file, and how it is read and checked."""
