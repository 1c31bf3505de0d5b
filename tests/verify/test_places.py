"""Places: how a program is started elsewhere, and what is refused before anything starts."""

import os
import subprocess

import pytest

from lmod import lmod
from lmodforge.apply.system import RealSystem
from lmodforge.config.models import SiteConfig
from lmodforge.errors import SiteError
from lmodforge.plan.layout import Layout
from lmodforge.receipts.models import DistributionReceipt, InterpreterEntry
from lmodforge.verify.places.apptainer import ApptainerImage
from lmodforge.verify.places.choose import Wish, go, mounts_of
from lmodforge.verify.places.containers import Container
from lmodforge.verify.places.derive import usable_engine, why_unusable
from lmodforge.verify.places.reached import Reached, find_lmod_there
from lmodforge.verify.places.rootfs import root_file_system
from lmodforge.verify.places.slurm import Job, jobs_of
from lmodforge.verify.places.ssh import login_node
from lmodforge.verify.places.user import AnotherUser

AWKWARD = ["printf", "%s|", "two words", "it's", '"$HOME"', "`id`", "!x", "a\nb", "*", ""]
HERE = ("/site/software", "/site/modulefiles")


class Local:
    """A way that leads nowhere else: what another one would start there is started here."""

    name = "here"
    patience = 5.0

    def command(self, argv):
        return list(argv)


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "ksh93", "tcsh", "fish"])
def test_every_login_shell_reads_what_ssh_hands_over_the_same(shell):
    line = login_node("login2").command(AWKWARD)[-1]
    done = subprocess.run([shell, "-c", line], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("".join(f"{word}|" for word in AWKWARD[2:]), "")


def test_ssh_asks_nothing_and_takes_options_before_the_host():
    *start, line = login_node("-p 2222 login2").command(["true"])
    assert start == [
        *("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"),
        *("-p", "2222", "--", "login2"),
    ]
    assert line.startswith("exec sh -c '")


def test_a_job_takes_nothing_of_this_hosts_environment():
    assert Job("-p debug --qos 'a b'").command(["true"]) == [
        *("srun", "--ntasks=1", "--quiet", "--export=NONE"),
        *("-p", "debug", "--qos", "a b", "/usr/bin/env", "true"),
    ]


def test_a_job_has_its_own_directory_for_temporary_files_its_nodes_name_and_nothing_else_of_its_environment(tmp_path):
    argv = Job("").command(["timeout", "5", "env", "-i", "A=1", "/usr/bin/env"])
    start = argv.index("/usr/bin/env")
    given = {"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "B": "2", "SLURMD_NODENAME": "n1 or so"}
    said = subprocess.run(argv[start:], env=given, capture_output=True, text=True, check=True).stdout
    assert sorted(said.splitlines()) == ["A=1", "SLURMD_NODENAME=n1 or so", f"TMPDIR={tmp_path}"]


def test_jobs_go_to_each_partition_and_to_each_type_of_nodes_that_a_job_can_ask_for():
    gpu, scheduler = {"partition": "gpu"}, {"kind": "slurm", "partitions": {"cpu": {}, "gpu": {}}}
    nodes = {
        "a100": {"hosts": ("gpu*",), "job": gpu},
        "h100": {"hosts": ("h*",), "job": {**gpu, "constraint": "h100"}},
        "zen4": {"archspec": "zen4"},
    }
    site = {"name": "small", "paths": {"software": "/s", "modulefiles": "/m"}, "nodes": nodes}
    assert jobs_of(SiteConfig.model_validate(site), nodes) == {
        "": "",
        "--partition=gpu": "a100",
        "--partition=gpu --constraint=h100": "h100",
    }
    assert jobs_of(SiteConfig.model_validate(site | {"scheduler": scheduler}), nodes) == {
        "--partition=cpu": "",
        "--partition=gpu": "a100",
        "--partition=gpu --constraint=h100": "h100",
    }


def test_a_container_is_read_only_without_network_and_leaves_nothing():
    assert Container("docker", "rockylinux:9", HERE, "65534").command(["env", "-i", "true"]) == [
        *("docker", "run", "--rm", "--interactive", "--network=none", "--read-only", "--tmpfs=/tmp:rw,mode=1777"),
        "--security-opt=label=disable",
        *("--volume=/site/software:/site/software:ro", "--volume=/site/modulefiles:/site/modulefiles:ro"),
        *("--user=65534:65534", "--workdir=/", "--entrypoint", "env", "rockylinux:9", "-i", "true"),
    ]


def test_apptainer_takes_nothing_of_the_host_but_the_tree():
    assert ApptainerImage("docker://rockylinux:9", HERE).command(["true"]) == [
        *("apptainer", "--quiet", "exec", "--containall", "--no-home", "--pwd=/"),
        *("--bind=/site/software:/site/software:ro", "--bind=/site/modulefiles:/site/modulefiles:ro"),
        *("docker://rockylinux:9", "true"),
    ]


@pytest.mark.parametrize("path", ["/srv/site", "/tmp/site", "/new/site", "/usr/local/site"])
def test_the_tree_is_at_its_real_path_in_any_root(tmp_path, path):
    """This host's own root serves as one that is in a directory, a directory of the test's as what is at the path."""
    (tmp_path / "readable").mkdir()
    (tmp_path / "readable" / "here").touch()
    argv = root_file_system(RealSystem(), "/", (path,), "65534").command(["sh", "-c", f"ls {path}; id -u"])
    source = next(i for i in range(len(argv)) if argv[i : i + 3] == ["--ro-bind", path, path]) + 1
    argv[source] = str(tmp_path / "readable")
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    user = "65534" if os.geteuid() == 0 else str(os.geteuid())
    assert (done.stdout.split(), done.stderr) == (["here", user], "")


def test_what_runs_there_gets_exactly_the_environment_and_the_time_that_it_is_given():
    place = Reached(RealSystem(), Local(), lmod())
    done = place.run(["env"], env={"PATH": "/usr/bin:/bin", "A": "two words"}, timeout=5)
    assert sorted(done.stdout.splitlines()) == ["A=two words", "PATH=/usr/bin:/bin"]
    assert place.run(["sleep", "9"], env={"PATH": "/usr/bin:/bin"}, timeout=0.2).code == 124
    assert place.run(["nosuch"], env={"PATH": "/usr/bin:/bin"}).code == 127
    assert place.by_hand(["echo", "a b"]) == "echo 'a b'"


def test_lmod_is_found_where_a_login_shell_has_it():
    found = find_lmod_there(RealSystem(), Local())
    assert found is not None
    assert found.version == lmod().version or os.environ.get("LMOD_CMD")


def test_a_way_that_leads_nowhere_says_why_and_what_to_try():
    with pytest.raises(SiteError) as caught:
        go(RealSystem(), Wish(ssh="-p 1 127.0.0.1"), [])
    message, hint = str(caught.value).split("\n")
    assert message.startswith("127.0.0.1: nothing can be run there: ssh: ")
    assert hint.startswith("  hint: try it: ssh -T -o BatchMode=yes ")


def test_root_becomes_another_user_with_all_groups_of_that_user():
    way = AnotherUser("nobody")
    if os.geteuid() == 0:
        assert subprocess.run(way.command(["id", "-un"]), capture_output=True, check=True).stdout == b"nobody\n"
    else:
        assert way.command(["id"]) == ["sudo", "-n", "-u", "nobody", "--", "id"]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (
            Wish(image="debian:12", srun=""),
            "--image and --srun name different places\n  hint: verify in one after the other",
        ),
        (Wish(user="nosuch"), "this host has no user nosuch\n  hint: name one that `getent passwd` knows"),
        (
            Wish(ssh="login2", user="jane"),
            "--user is for this host, for containers and for jobs\n  hint: with --ssh write USER@HOST",
        ),
        (
            Wish(rootfs="/", user="jane"),
            "--user jane: in a container users are numbers\n  hint: `id -u NAME` says which",
        ),
        (
            Wish(image="debian:12", engine="runc"),
            "runc is no container engine that is known here\n  hint: one of podman, docker, apptainer",
        ),
        (Wish(ssh="-p 22'"), "--ssh -p 22': No closing quotation\n  hint: quote it as for a shell"),
        (Wish(srun="'"), "--srun ': No closing quotation\n  hint: quote it as for a shell"),
        (
            Wish(ssh="-v"),
            "--ssh -v: it does not end in a host\n  hint: such as `login2` or `-p 2222 jane@login2`",
        ),
        (Wish(rootfs="/dev"), "/dev is no root file system: it has no usr\n  hint: `debootstrap` makes one"),
    ],
)
def test_places_that_cannot_be_are_refused(wish, message):
    with pytest.raises(SiteError) as caught:
        go(RealSystem(), wish, [])
    assert str(caught.value) == message


def test_a_client_without_its_daemon_is_no_engine(tmp_path):
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    for name, code in (("docker", 1), ("apptainer", 0)):
        (tmp_path / "usr" / "bin" / name).write_text(f"#!/bin/sh\n[ {code} = 0 ] || echo no daemon >&2\nexit {code}\n")
        (tmp_path / "usr" / "bin" / name).chmod(0o755)

    class System(RealSystem):
        def run(self, argv, **how):
            return super().run([str(tmp_path / "usr" / "bin" / argv[0]), *argv[1:]], **how)

    assert usable_engine(System()) == "apptainer"
    assert usable_engine(System(), ["docker"]) is None
    assert why_unusable(System(), ["podman", "docker"]) == "docker: no daemon"
    with pytest.raises(SiteError, match=r"^no container engine works here: docker: no daemon\n  hint: mend it"):
        go(System(), Wish(image="debian:12", engine="docker"), [])
    with pytest.raises(SiteError, match=r"^podman is not here\n  hint: .*; or use --rootfs DIR"):
        go(System(), Wish(image="debian:12", engine="podman"), [])


def test_what_is_mounted_is_the_site_what_is_elsewhere_and_interpreters_that_no_package_brings():
    def distribution(path, interpreter):
        entry = InterpreterEntry(path=interpreter, version="3.12.1", signature="")
        return DistributionReceipt(
            lmodforge="0", made_at="", name="a", type="python", path=path, version="3.12.1", interpreter=entry
        )

    receipts = [
        distribution("/apps/python/plain", "/usr/bin/python3.12"),
        distribution("/apps/python/own", "/opt/python-3.12/bin/python3.12"),
        distribution("/old/conda", "/old/conda/bin/python"),
    ]
    layout = Layout("/apps", "/apps/modulefiles")
    assert mounts_of(layout, receipts) == ["/apps", "/old/conda", "/opt/python-3.12"]
