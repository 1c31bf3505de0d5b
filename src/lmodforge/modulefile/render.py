"""Render a module tree: typed context in, bytes by relative path out. Pure but for reading the templates."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lmodforge.config.shipped import shipped
from lmodforge.modulefile import lua, shells
from lmodforge.modulefile.context import DistributionModule, EnvironmentModule, Module, Package, ToolModule
from lmodforge.modulefile.policy import Policy

if TYPE_CHECKING:
    import jinja2

SHARED = "__lmodforge"  # Lmod passes over names that begin with two underscores: it never shows in `module avail`


@dataclass(frozen=True)
class Templates:
    """The site's own template directories, then the shipped one: the first that holds a name wins."""

    site_directories: tuple[Path, ...] = ()

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """All templates in effect, by name."""
        found: dict[str, bytes] = {}
        for directory in (*self.site_directories, shipped("modulefiles-templates")):
            for path in sorted(directory.rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    found.setdefault(path.relative_to(directory).as_posix(), path.read_bytes())
        return dict(sorted(found.items()))

    def digest(self) -> str:
        """Return the sha256 over the names and bytes of all templates in effect."""
        state = hashlib.sha256()
        for name, content in self.files.items():
            state.update(f"{name}\0{len(content)}\0".encode() + content)
        return state.hexdigest()

    @cached_property
    def environment(self) -> jinja2.Environment:
        """Compile the templates; a name that is not defined is an error."""
        import jinja2  # noqa: PLC0415 - a deploy with nothing to do must not pay for it

        environment = jinja2.Environment(
            loader=jinja2.DictLoader({name: content.decode() for name, content in self.files.items()}),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - this is Lua: values go through the `lua` filter
            keep_trailing_newline=True,
        )
        environment.filters |= {
            "comment": lua.comment,
            "csh": shells.csh,
            "extensions": _extensions,
            "fish": shells.fish,
            "long_text": lua.long_text,
            "lua": lua.lua,
            "lua_fields": _fields,
            "one_line": lua.one_line,
            "sh": shells.sh,
        }
        return environment


def render_tree(modules: Sequence[Module], templates: Templates) -> dict[str, bytes]:
    """Render the modulefiles, the defaults of each directory, and what the modulefiles share."""
    tree = {f"{module.look.full_name}.lua": _modulefile(module, templates) for module in modules}
    tree |= _defaults(modules, templates)
    tree |= _shared(_policy(modules), templates)
    return dict(sorted(tree.items()))


def _modulefile(module: Module, templates: Templates) -> bytes:
    match module:
        case DistributionModule():
            name = "distribution"
        case EnvironmentModule():
            name = "environment"
        case ToolModule():
            name = "tool"
    template = templates.environment.get_template(f"{name}.lua.j2")
    tree = "^(.*)" + "/[^/]+" * (module.look.full_name.count("/") + 1) + "$"
    activation = "conda" if getattr(module, "kind", "") in ("miniforge", "miniconda", "anaconda") else "none"
    text = template.render(module=module, tree=tree, help=module.look.summary, activation=activation)
    return text.encode()


def _defaults(modules: Sequence[Module], templates: Templates) -> dict[str, bytes]:
    directories = defaultdict(list)
    for look in (module.look for module in modules):
        if look.default:
            directory, _, _ = look.full_name.rpartition("/")
            directories[directory].append(f'module_version({lua.lua(look.full_name)}, "default")')
    template = templates.environment.get_template("modulerc.lua.j2")
    return {
        f"{directory}/.modulerc.lua": template.render(lines=lines).encode() for directory, lines in directories.items()
    }


def _shared(policy: Policy, templates: Templates) -> dict[str, bytes]:
    found = {}
    for name, content in templates.files.items():
        if name.startswith("shared/"):
            path = f"{SHARED}/{name.removeprefix('shared/').removesuffix('.j2')}"
            template = templates.environment.get_template(name) if name.endswith(".j2") else None
            found[path] = template.render(policy=policy).encode() if template else content
    return found


def _policy(modules: Sequence[Module]) -> Policy:
    return next((module.policy for module in modules if not isinstance(module, EnvironmentModule)), Policy(""))


def _extensions(packages: Iterable[Package]) -> list[str]:
    """Write `name/version, name/version` as string literals of a readable width, to be joined: it is one string."""
    lines = [""]
    for package in sorted(packages):
        entry = f"{package.name}/{package.version}, "
        if len(lines[-1]) + len(entry) > 100:
            lines.append("")
        lines[-1] += entry
    lines[-1] = lines[-1].removesuffix(", ")
    return [lua.lua(line) for line in lines]


def _fields(policy: Policy) -> str:
    """Write a policy's fields as a table's, one on each line."""
    return "\n".join(f"  {name} = {lua.lua(value)}," for name, value in asdict(policy).items())
