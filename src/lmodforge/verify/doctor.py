"""Say what this host lacks before a deploy does: each problem with the command that mends it; nothing is changed."""

from __future__ import annotations

import os
import platform
import pwd
import re
import shlex
import sys
from collections.abc import Iterator

from lmodforge.apply.surroundings import clean_environment
from lmodforge.apply.system import System
from lmodforge.config.models import Index, SiteConfig
from lmodforge.finding import Finding, Status
from lmodforge.verify.follow import find_program, read_through
from lmodforge.verify.lmod import find_lmod
from lmodforge.verify.packages import install_command
from lmodforge.verify.storage import storage

_SHELLS = ("bash", "zsh", "tcsh", "fish", "ksh", "dash")
_SCHEDULERS = {"sbatch": "Slurm", "condor_submit": "HTCondor", "qsub": "PBS or Grid Engine"}
_STARTUP = ("/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zshrc", "/etc/zsh/zshrc", "/etc/csh.cshrc")
_OWN_STARTUP = (".bashrc", ".bash_profile", ".profile", ".zshrc", ".tcshrc", ".config/fish/config.fish")
_CONDA_INIT = re.compile(r">>> (?:conda|mamba) initialize >>>|etc/profile\.d/conda\.c?sh|conda shell\.\w+ hook")
_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
_PATIENCE = 10.0  # seconds for the index to answer


def diagnose(system: System, site: SiteConfig) -> list[Finding]:
    """Look at everything a deploy of this site, and then its users, will need."""
    return [
        _lmod(system, site),
        *_shells(system),
        Finding("python", "ok", f"{platform.python_version()} at {sys.executable}"),
        *_uv(system, site),
        *storage(system, site),
        _scheduler(system),
        *_squashfs(system, site),
        *_conda_init(system),
    ]


def _lmod(system: System, site: SiteConfig) -> Finding:
    lmod = find_lmod(system)
    minimum = site.lmod.minimum
    remedy = install_command(system, ["lmod"])
    if lmod is None:
        status: Status = "problem" if site.lmod.required else "warning"
        return Finding("lmod", status, "not found: modules are published without having been loaded once", remedy)
    if lmod.at_least(minimum):
        return Finding("lmod", "ok", f"{lmod.version} at {lmod.package}")
    return Finding("lmod", "problem", f"{lmod.version} at {lmod.package} is older than {minimum}", remedy)


def _shells(system: System) -> Iterator[Finding]:
    missing = [shell for shell in _SHELLS if find_program(system, shell) is None]
    there = [shell for shell in _SHELLS if shell not in missing]
    yield Finding("shells", "ok" if there else "problem", ", ".join(there) or "none")
    if "bash" in missing:
        message = "bash is missing: modules are loaded in it before they are published"
        yield Finding("bash", "problem", message, install_command(system, ["bash"]))
    if others := [shell for shell in missing if shell != "bash"]:
        message = f"modules cannot be tried in {', '.join(others)}"
        yield Finding("more shells", "warning", message, install_command(system, others))


def _uv(system: System, site: SiteConfig) -> Iterator[Finding]:
    import uv  # noqa: PLC0415 - only a diagnosis needs it here

    again = f"{sys.executable} -m pip install --force-reinstall uv"
    try:
        program = uv.find_uv_bin()
    except FileNotFoundError as error:
        yield Finding("uv", "problem", f"its program is not installed: {error}", again)
        return
    answer = system.run([program, "--version"], env=clean_environment("/"), timeout=_PATIENCE)
    if answer.code:
        yield Finding("uv", "problem", f"{program} does not run: {_last_line(answer.stderr)}", again)
        return
    yield Finding("uv", "ok", f"{answer.stdout.split()[1]} at {program}")
    yield _index(system, program, site)


def _index(system: System, program: str, site: SiteConfig) -> Finding:
    """Ask the index, the way a deploy will, for one package that the site needs."""
    wanted = next((one for environment in site.environments.values() for one in environment.pypi), "pip")
    argv = [program, "pip", "compile", "-", "--no-deps", "--quiet", "--no-header", "--python", sys.executable]
    environment = clean_environment("/") | {"UV_NO_CACHE": "1", "UV_HTTP_TIMEOUT": "8", "UV_HTTP_RETRIES": "0"}
    answer = system.run([*argv, *_index_options(site.index)], env=environment, stdin=f"{wanted}\n", timeout=_PATIENCE)
    asked = site.index.url or "uv's default index"
    if answer.code == 0:
        return Finding("index", "ok", f"{asked} answers: {(answer.stdout.split() or [wanted])[0]}")
    said = " ".join(answer.stderr.split()) or "no answer"
    return Finding("index", "problem", f"asked {asked} for `{wanted}`: {said}", _index_remedy(system, said))


def _index_options(index: Index) -> Iterator[str]:
    if index.url:
        yield from ("--default-index", index.url)
    for url in index.extra:
        yield from ("--index", url)
    for directory in index.find_links:
        yield from ("--find-links", directory)


def _index_remedy(system: System, said: str) -> str:
    if "certificate" in said.lower() or "UnknownIssuer" in said:
        bundle = next((path for path in _CERTIFICATES if system.stat(path)), "your site's certificates")
        return f"export SSL_CERT_FILE={bundle}"
    return (
        "set HTTPS_PROXY to your proxy, or `index: url:` in the site file to a mirror that this host reaches; "
        "without any network: `invoke mirror` elsewhere, `invoke deploy --offline` here"
    )


def _scheduler(system: System) -> Finding:
    found = [f"{name} ({command})" for command, name in _SCHEDULERS.items() if find_program(system, command)]
    return Finding("scheduler", "ok", ", ".join(found) or "none here; modules work without one")


def _squashfs(system: System, site: SiteConfig) -> Iterator[Finding]:
    wanted = [name for name, environment in site.environments.items() if "squashfs" in environment.archives]
    if not wanted:
        return
    if found := find_program(system, "mksquashfs"):
        yield Finding("squashfs", "ok", found)
        return
    here = site.builds.on == "host"
    message = f"mksquashfs is missing, which archives of {', '.join(wanted)} need{'' if here else ' on the nodes'}"
    yield Finding("squashfs", "problem" if here else "warning", message, install_command(system, ["squashfs-tools"]))


def _conda_init(system: System) -> Iterator[Finding]:
    profiles = tuple(f"/etc/profile.d/{name}" for name in system.names("/etc/profile.d"))
    home = pwd.getpwuid(os.geteuid()).pw_dir
    for path in (*_STARTUP, *profiles):
        if _CONDA_INIT.search(read_through(system, path)):
            yield _startup(path, "starts a conda in every login, before any module")
    for path in (f"{home}/{name}" for name in _OWN_STARTUP):
        if _CONDA_INIT.search(read_through(system, path)):
            yield _startup(path, "starts a conda in your own shells; a deploy does not read it, your tests by hand do")


def _startup(path: str, harm: str) -> Finding:
    remedy = f"sed -i.before '/>>> conda initialize >>>/,/<<< conda initialize <<</d' {shlex.quote(path)}"
    return Finding("conda init", "warning", f"{path} {harm}", remedy)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
