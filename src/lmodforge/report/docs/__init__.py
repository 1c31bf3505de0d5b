"""The researchers' documentation: what is installed, from receipts and site files, as pages and as data."""
