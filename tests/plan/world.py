"""Facts for the cases of the plan: from YAML, and as a deploy would leave them."""

from dataclasses import replace
from pathlib import Path

import yaml

from lmodforge.commands.planning import rendered
from lmodforge.config.document import read_document
from lmodforge.config.load import load_site
from lmodforge.modulefile.render import Templates
from lmodforge.plan.actions import AdoptPrefix, InstallConda, InstallPython, InstallTool
from lmodforge.plan.compare import compare
from lmodforge.plan.conda import conda_requests
from lmodforge.plan.desire import desire
from lmodforge.plan.digest import sha256
from lmodforge.plan.facts import Facts, Interpreter
from lmodforge.plan.locks import lock_requests
from lmodforge.receipts.models import (
    ArchiveReceipt,
    DistributionReceipt,
    GenerationReceipt,
    InterpreterEntry,
    PackageEntry,
    ReleaseReceipt,
    SourceEntry,
    ToolReceipt,
)

HOST = Interpreter("/usr/bin/python3.11", "3.11.9", "host")
MADE = {"lmodforge": "0.1.0", "made_at": "2026-11-20T12:00:00+00:00"}


class World:
    """What is on the disk of a case; `deploy` changes it as a deploy would."""

    def __init__(self, case: Path) -> None:
        after = yaml.safe_load((case / "facts.yaml").read_text())
        self.written, self.then = after | after.pop("before", {}), after
        self.facts = Facts(newest=0)

    def plan(self, site_file: Path):
        site = load_site(read_document(site_file))
        self.facts = replace(self.facts, **self._looked_up(site))
        desired = desire(site, self.facts, HOST)
        texts = rendered(Templates(), desired.modules, site.paths.modulefiles, site)
        return compare(desired, texts, self.facts, site=site.name, inputs="")

    def _looked_up(self, site):
        interpreters = {
            name: Interpreter(**self.written.get("interpreters", {}).get(name, vars(HOST)))
            for name, distribution in site.distributions.items()
            if distribution.kind == "python"
        }
        requests = (
            *lock_requests(site, interpreters, HOST, Facts().platform),
            *conda_requests(site, self.facts),
        )
        prefixes = {d.prefix: self.written.get("packages", {}).get(d.prefix, {}) for d in site.distributions.values()}
        return {
            "interpreters": interpreters,
            "locks": {request.key: self._lock(request) for request in requests},
            "packages": {prefix: tuple(sorted(packages.items())) for prefix, packages in prefixes.items() if prefix},
            "present": self.facts.present | frozenset(self.written.get("present", [])),
        }

    def _lock(self, request):
        packages = self.written.get("locks", {}).get(request.subject, {})
        if request.engine == "conda":
            urls = [f"https://channel.example/noarch/{name}-{version}-0.conda" for name, version in packages.items()]
            return yaml.safe_dump({"packages": [{"conda": url, "size": 1500000} for url in urls]})
        entries = [
            f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
            f'wheels = [{{ url = "https://index.example/{name}.whl", size = 1500000, '
            f'hashes = {{ sha256 = "{sha256(name.encode())}" }} }}]\n'
            for name, version in packages.items()
        ]
        return 'lock-version = "1.0"\n\n' + "\n".join(entries)

    def deploy(self, plan):
        """Leave the facts that carrying out a plan leaves."""
        made = [*map(_installed, plan.installs), *map(_released, plan.releases), *map(_packed, plan.archives)]
        receipts = dict(self.facts.installed) | {receipt.path: receipt for receipt in made}
        self.facts = replace(
            self.facts,
            installed=receipts,
            present=self.facts.present | receipts.keys(),
            unfinished=frozenset(),
            changed=self.facts.changed - {archive.path for archive in plan.archives},
            base_files=dict(self.facts.base_files)
            | {
                f"{base.prefix}/{path}": sha256(text.encode())
                for base in plan.installs
                if isinstance(base, InstallConda)
                for path, text in base.files.items()
            },
        )
        if plan.publish:
            self._publish(plan.publish, plan.site)

    def _publish(self, publish, site):
        generation = GenerationReceipt(
            **MADE,
            site=site,
            number=publish.number,
            files={path: sha256(text.encode()) for path, text in publish.files.items()},
            links=dict(publish.links),
            scripts={path: sha256(text.encode()) for path, text in publish.scripts.items()},
            modules=dict(publish.modules),
            variants=dict(publish.variants),
        )
        self.facts = replace(
            self.facts,
            generation=generation,
            tree=dict(generation.files),
            wrong_modes=frozenset(),
            scripts=dict(generation.scripts),
            links=dict(self.facts.links) | dict(publish.links),
            newest=publish.number,
        )

    def meddle(self):
        """Change by hand what the case says somebody changed; from now on the world answers differently, too."""
        self.written = self.then
        facts = self.facts
        tree = dict(facts.tree) | {path: sha256(text.encode()) for path, text in self.written.get("edit", {}).items()}
        links = dict(facts.links) | self.written.get("links", {})
        named = tuple(self.written.get("missing", []))
        everything = {*tree, *links, *facts.present}
        gone = {path for path in everything if path in named or path.startswith(tuple(f"{name}/" for name in named))}
        scripts = {
            path: sha256(b"edited") if path in self.written.get("edit_script", []) else was
            for path, was in facts.scripts.items()
        }
        self.facts = replace(
            facts,
            tree={path: content for path, content in tree.items() if path not in gone},
            links={path: target for path, target in links.items() if path not in gone},
            present=facts.present - gone,
            installed={
                path: receipt
                for path, receipt in facts.installed.items()
                if path not in self.written.get("no_receipt", [])
            },
            unfinished=frozenset(self.written.get("unfinished", [])),
            wrong_modes=frozenset(self.written.get("wrong_modes", [])),
            changed=frozenset(self.written.get("changed", [])),
            scripts=scripts,
        )


def _installed(action):
    match action:
        case AdoptPrefix():
            return DistributionReceipt(
                **MADE,
                name=action.name,
                type=action.type,
                path=action.prefix,
                version=action.version,
                packages=tuple(PackageEntry(name=n, version=v) for n, v in action.packages),
            )
        case InstallPython():
            interpreter = InterpreterEntry(**vars(action.interpreter))
            return DistributionReceipt(
                **MADE,
                name=action.name,
                type=action.type,
                path=action.prefix,
                version=action.version,
                interpreter=interpreter,
            )
        case InstallConda():
            return DistributionReceipt(
                **MADE,
                name=action.name,
                type=action.type,
                path=action.prefix,
                version=action.version,
                source=SourceEntry(url=action.download.url, sha256=action.download.sha256),
                files={path: sha256(text.encode()) for path, text in action.files.items()},
            )
        case InstallTool():
            return ToolReceipt(
                **MADE, name=action.name, version=action.version, path=action.prefix, lock=action.lock, hashes={}
            )


def _released(action):
    packages = tuple(PackageEntry(name=name, version=version) for name, version in action.packages)
    return ReleaseReceipt(
        **MADE,
        name=action.environment,
        version=action.version,
        distribution=action.distribution,
        path=action.path,
        digest=action.digest,
        engine=action.engine,
        node=action.node,
        python=action.python,
        lock=action.lock,
        packages=packages,
        checked=action.checked,
        size=0,
        files=0,
    )


def _packed(action):
    return ArchiveReceipt(
        **MADE,
        name=action.environment,
        version=action.version,
        type=action.format,
        path=action.path,
        release=action.release,
        place=action.place,
        sha256="",
        size=0,
        signature="",
    )
