"""A site that is deployed where any user of this host may look, with a Python that any user may run."""

from end_to_end.small import Small, site_text

OLD, NEW = "six==1.16.0", "six==1.17.0"


def written(*, tiny=(NEW, "cowsay"), version="2"):
    """The site file: uv, scratch space, a batch system, two environments."""
    site = site_text(tiny=[*tiny], web=["idna"])
    site["title"] = "Small"
    site["scratch"] = {"root": "/scratch"}
    site["support"] = "help@example.org"
    site["storage"] = {"home": {"path": "/home/{user}", "quota": "30 GB", "files": 300000, "check": "df -h ."}}
    queues = {"main": {"default": "true", "time": "1:00:00", "cores": 4}}
    site["scheduler"] = {"kind": "slurm", "account": "pi-{pi}", "partitions": queues}
    site["distributions"]["standard"] |= {"interpreter": "/usr/bin/python3", "summary": "Plain Python"}
    site["tools"] = {"uv": {"version": "0.13.8"}}
    site["environments"]["tiny"] |= {"version": version, "summary": "A tiny one", "default": "true"}
    return site


def deploy_twice(folder):
    """Deploy a site with one version of an environment, then with the next one."""
    small = Small(folder)
    small.write(written(tiny=[OLD, "cowsay"], version="1"))
    small.deploy()
    small.write(written())
    small.deploy()
    scratch = small.root / "scratch"
    scratch.mkdir()
    scratch.chmod(0o1777)
    return small
