"""Commands of the centres' documents that no test runs, and why: page, command, reason."""

NOT_HERE = (
    (
        "RCC",
        "df -i",
        "Tells about the whole file system. The centre's own storage page says `quota -u $USER`, which is its program: the site file names it.",
    ),
    (
        "RCC",
        "matplotlib.use('QtAgg')",
        "Needs a display. The environments hold matplotlib without Qt; `%matplotlib inline` and files need none.",
    ),
    ("RCC", "display -alpha off <image>", "A program of the login nodes, and a display."),
    ("RCC", "module load tensorflow", "A module of the centre's own, outside of what is deployed here."),
    (
        "RCC",
        "ssh -N -f -L 15021:<HOST_IP>:15021 <CNetID>@midway3.rcc.uchicago.edu",
        "Runs on the user's own machine, and asks for a second factor. The kits print the command for the job's node and port.",
    ),
    ("RCC", "Ctrl+c, then y, to stop Jupyter", "A terminal; a job ends with `scancel`, as the kits say."),
    (
        "UBELIX",
        "sbatch (job name, nodes, partition epyc2,bdw)",
        "The partitions are the centre's. The kits' scripts run in a Slurm that the tests start.",
    ),
    (
        "UBELIX",
        "pip install --user --upgrade mkdocs-minify-plugin",
        "The page warns of it; the environments' modules keep ~/.local out (PYTHONNOUSERSITE).",
    ),
    (
        "ULHPC",
        "sbatch (partition batch, qos normal)",
        "As for UBELIX: the kits' scripts run in a Slurm that the tests start.",
    ),
    (
        "ULHPC",
        "micromamba self-update",
        "The program is the centre's and read-only: a new version is a new module, and the old one stays.",
    ),
    (
        "CHTC",
        "sh [installer] -b -p $PWD/miniconda3 (in each job)",
        "The page itself advises against it; it downloads in each job.",
    ),
    (
        "CHTC",
        "condor_submit",
        "HTCondor is not on this host. Executable and submit file are checked and the executable is run by itself.",
    ),
    (
        "USGS",
        'source "/nfs/cpkgs/anaconda3_macOS/etc/profile.d/conda.sh"',
        "Needs a Mac. Its locks are solved here, and its prefix is known by name.",
    ),
    (
        "USGS",
        "conda install opencv=3.4.1",
        "A version of conda-forge's; pinned versions are tried with small packages.",
    ),
    (
        "USGS",
        "NFS: files that change under a package, locks of SQLite",
        "Advice. Packages are installed once, from checked archives, and read-only; the deploy lock needs no flock.",
    ),
)
