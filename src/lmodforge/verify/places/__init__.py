"""One file for each way to where users work; each says how a program is started there, and nothing else."""
