"""Diagnosing a host: this one, and hosts that lack something."""

import zipfile
from pathlib import Path

import pytest

from elsewhere import Elsewhere
from lmodforge.apply.system import RealSystem
from lmodforge.config.environments import Environment
from lmodforge.config.models import Index, LmodSettings, Paths, SiteConfig
from lmodforge.finding import Finding
from lmodforge.verify.doctor import _index_remedy, diagnose


def site(root: Path, **keys: object) -> SiteConfig:
    paths = Paths(software=str(root / "software"), modulefiles=str(root / "modulefiles"))
    return SiteConfig(name="test", paths=paths, **{"index": an_index(root), **keys})


def an_index(root: Path) -> Index:
    """An index on disk with the one package that `pip` means when a site needs nothing else."""
    folder = root / "simple" / "pip"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "pip-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pip-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pip\nVersion: 1.0\n")
        wheel.writestr("pip-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("pip-1.0.dist-info/RECORD", "")
    (folder / "index.html").write_text('<a href="pip-1.0-py3-none-any.whl">pip-1.0-py3-none-any.whl</a>')
    return Index(url=f"file://{root}/simple")


def named(findings: list[Finding], name: str) -> list[Finding]:
    return [finding for finding in findings if finding.name == name]


def test_a_host_that_lacks_nothing_has_no_problem(tmp_path):
    findings = diagnose(RealSystem(), site(tmp_path))
    assert [finding for finding in findings if finding.status == "problem"] == []
    assert {finding.name for finding in findings} >= {
        *("lmod", "shells", "python", "uv", "index", "software", "modulefiles", "programs", "space for software"),
        *("hard links", "group", "umask", "scheduler"),
    }
    assert named(findings, "index") == [Finding("index", "ok", f"file://{tmp_path}/simple answers: pip==1.0")]
    assert list((tmp_path).iterdir()) == [tmp_path / "simple"]


def test_a_diagnosis_does_not_depend_on_the_users_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://localhost:1/simple")
    monkeypatch.setenv("UV_INDEX_URL", "https://localhost:1/simple")
    findings = diagnose(RealSystem(), site(tmp_path))
    assert [finding for finding in findings if finding.status == "problem"] == []


@pytest.mark.parametrize(("required", "status"), [(True, "problem"), (False, "warning")])
def test_a_host_without_lmod_can_deploy_unless_the_site_requires_it(tmp_path, monkeypatch, required, status):
    monkeypatch.delenv("LMOD_CMD", raising=False)
    monkeypatch.delenv("LMOD_PKG", raising=False)
    settings = LmodSettings(required=required)
    (finding,) = named(diagnose(Elsewhere(tmp_path), site(tmp_path, lmod=settings)), "lmod")
    assert finding.status == status
    assert finding.message == "not found: modules are published without having been loaded once"
    assert finding.remedy is not None


def test_an_lmod_that_is_too_old_is_a_problem(tmp_path):
    (finding,) = named(diagnose(RealSystem(), site(tmp_path, lmod=LmodSettings(minimum="99.1"))), "lmod")
    assert finding.status == "problem"
    assert finding.message.endswith(" is older than 99.1")


def test_shells_that_are_missing_are_named(tmp_path):
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    for name in ("zsh", "dash"):
        (tmp_path / "usr" / "bin" / name).touch(0o755)
    findings = diagnose(Elsewhere(tmp_path, "/usr/bin", "/usr/local", "/bin", "/sbin", "/usr/sbin"), site(tmp_path))
    by_hand = "with this host's package manager"
    assert named(findings, "shells") == [Finding("shells", "ok", "zsh, dash")]
    assert named(findings, "bash") == [
        Finding(
            "bash",
            "problem",
            "bash is missing: modules are loaded in it before they are published",
            f"install bash {by_hand}",
        )
    ]
    assert named(findings, "more shells") == [
        Finding(
            "more shells", "warning", "modules cannot be tried in tcsh, fish, ksh", f"install tcsh, fish, ksh {by_hand}"
        )
    ]


def test_an_index_that_cannot_be_reached_is_named_with_what_was_asked(tmp_path):
    environment = Environment(version="1", pypi=("tiny>=2",))
    unreachable = site(tmp_path, index=Index(url="https://localhost:1/simple"), environments={"e": environment})
    (finding,) = named(diagnose(RealSystem(), unreachable), "index")
    assert finding.status == "problem"
    assert finding.message.startswith("asked https://localhost:1/simple for `tiny>=2`: ")
    assert "localhost:1/simple/tiny" in finding.message
    assert finding.remedy == (
        "set HTTPS_PROXY to your proxy, or `index: url:` in the site file to a mirror that this host reaches; "
        "without any network: `invoke mirror` elsewhere, `invoke deploy --offline` here"
    )


def test_a_certificate_that_is_not_trusted_has_a_remedy_of_its_own(tmp_path):
    bundle = tmp_path / "etc" / "pki" / "tls" / "certs" / "ca-bundle.crt"
    bundle.parent.mkdir(parents=True)
    bundle.touch()
    said = "invalid peer certificate: UnknownIssuer"
    assert _index_remedy(Elsewhere(tmp_path), said) == "export SSL_CERT_FILE=/etc/pki/tls/certs/ca-bundle.crt"


def test_what_conda_init_left_for_every_login_is_a_warning(tmp_path):
    script = tmp_path / "etc" / "profile.d" / "my conda.sh"
    script.parent.mkdir(parents=True)
    script.write_text("# >>> conda initialize >>>\neval x\n# <<< conda initialize <<<\n")
    assert Finding(
        "conda init",
        "warning",
        "/etc/profile.d/my conda.sh starts a conda in every login, before any module",
        "sed -i.before '/>>> conda initialize >>>/,/<<< conda initialize <<</d' '/etc/profile.d/my conda.sh'",
    ) in diagnose(Elsewhere(tmp_path), site(tmp_path))
