"""Root file systems and images of this host's own distribution, made from the mirror that its apt uses."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

BARE = "localhost/bare:1"
"""An image without Lmod."""

# What podman cannot find out on machines like those of CI: which limits it may set, which kind of control groups
# there is. Network: packages are installed while an image is built. Locks and state are of this store alone: what
# a killed podman has left in /dev/shm or /run/libpod must not be waited for.
_ENGINE = """\
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
lock_type = "file"
tmp_dir = "{run}/libpod"
"""
# A mount of the store on itself would be left behind when a test run is killed, and nobody could remove the store.
_STORAGE = """\
[storage]
driver = "overlay"
graphroot = "{folder}/store"
runroot = "{run}"
[storage.options.overlay]
skip_mount_home = "true"
"""
# Where another Lmod comes from: the first of the distribution's releases that this host has not got.
_RELEASES = {"debian": ("trixie", "bookworm"), "ubuntu": ("resolute", "noble")}
_OTHER_LMOD = """\
FROM {image}
RUN sed 's/ {suite} / {other} /' /etc/apt/sources.list >/etc/apt/sources.list.d/other.list \\
 && apt-get update \\
 && apt-get install -y --no-install-recommends --allow-downgrades --target-release={other} lmod
"""
_AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")


def run(*argv: str | Path, **options) -> str:
    """Run a program that must succeed, and return its output."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, f"{argv}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def debootstrap(folder: Path, *packages: str) -> Path:
    """Make a root file system of the suite that this host has."""
    suite = _of_this_host("VERSION_CODENAME")
    what = "$(SITE) $(COMPONENT)"
    rows = run("apt-get", "indextargets", "--format", what, "Created-By: Packages", f"Release: {suite}").splitlines()
    mirror, _ = rows[0].split()
    components = dict.fromkeys(row.split()[1] for row in rows if row.split()[0] == mirror)
    options = ("--variant=minbase", f"--components={','.join(components)}", f"--include={','.join(packages)}")
    run(*_AS_ROOT, "debootstrap", *options, suite, folder, mirror)
    return folder


def _of_this_host(field: str) -> str:
    return re.search(rf"^{field}=(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)[1]


def remove(root: Path | str) -> None:
    """Remove what is too large to keep until pytest does it."""
    run(*_AS_ROOT, "rm", "-rf", "--one-file-system", root)


class Podman:
    """A podman with a store of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        # With more than 50 characters podman does not see that a container has ended, and waits for 20 s each time.
        self._run = tempfile.mkdtemp(prefix="podman-", dir="/tmp")
        (folder / "containers.conf").write_text(_ENGINE.format(run=self._run))
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder, run=self._run))
        self.environment = {
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }
        self.folder = folder

    def run(self, *words: str | Path) -> str:
        """Run podman."""
        return run("podman", *words, env={**os.environ, **self.environment})

    def image_of(self, root: Path, name: str) -> str:
        """Make an image of a root file system."""
        # A Python of this host may lie in root's home; users of the image must get there, too.
        run(*_AS_ROOT, "chmod", "o+x", root / "root")
        archive = self.folder / "root.tar"
        run(*_AS_ROOT, "tar", "--create", "--file", archive, "--directory", root, ".")
        self.run("import", "--quiet", archive, name)
        archive.unlink()
        return name

    def remove(self) -> None:
        """Remove the store; `podman system reset` would take the networks of others along."""
        remove(self.folder)
        remove(self._run)

    def with_another_lmod(self, image: str, name: str) -> str:
        """Make an image of one that has Lmod, with the Lmod of another release of the distribution."""
        suite = _of_this_host("VERSION_CODENAME")
        other = next(release for release in _RELEASES[_of_this_host("ID")] if release != suite)
        context = self.folder / "other"
        context.mkdir()
        (context / "Containerfile").write_text(_OTHER_LMOD.format(image=image, suite=suite, other=other))
        self.run("build", "--quiet", "--tag", name, context)
        return name

    def unpack(self, image: str, folder: Path) -> Path:
        """Make a root file system of an image."""
        folder.mkdir()
        container = self.run("create", image, "true").strip()
        archive = self.folder / "image.tar"
        self.run("export", "--output", archive, container)
        self.run("rm", container)
        run(*_AS_ROOT, "tar", "--extract", "--file", archive, "--directory", folder)
        archive.unlink()
        return folder
