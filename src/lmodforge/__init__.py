"""One YAML file per cluster becomes a running Python service for an HPC centre."""

__version__ = "0.1.0"
