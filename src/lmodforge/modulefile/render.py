"""Render a module tree: typed context in, bytes by relative path out. Pure but for reading the templates."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lmodforge.config.shipped import shipped
from lmodforge.modulefile import lua, shells
from lmodforge.modulefile.context import (
    DistributionModule,
    EnvironmentModule,
    Module,
    Package,
    RemovedModule,
    ToolModule,
    WorkspacesModule,
)
from lmodforge.modulefile.policy import Policy

if TYPE_CHECKING:
    import jinja2

_TEMPLATES: dict[type[Module], str] = {
    DistributionModule: "distribution.lua.j2",
    EnvironmentModule: "environment.lua.j2",
    ToolModule: "tool.lua.j2",
    WorkspacesModule: "workspaces.lua.j2",
    RemovedModule: "removed.lua.j2",
}
_PAGES = "docs"  # below the same directories; no modulefile is made of them
SHARED = "__lmodforge"  # Lmod passes over names that begin with two underscores: it never shows in `module avail`

BELOW = "__below"  # what a distribution opens; it is on MODULEPATH once that is loaded


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
                name = path.relative_to(directory)
                if path.is_file() and not path.name.startswith(".") and name.parts[0] != _PAGES:
                    found.setdefault(name.as_posix(), path.read_bytes())
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
            "filled": _filled,
            "fish": shells.fish,
            "long_text": lua.long_text,
            "lua": lua.lua,
            "lua_fields": _fields,
            "one_line": lua.one_line,
            "put": _put,
            "sh": shells.sh,
        }
        environment.globals["verbs"] = {"set": "setenv", "prepend": "prepend_path", "append": "append_path"}
        return environment


def render_tree(modules: Sequence[Module], templates: Templates) -> dict[str, bytes]:
    """Render the modulefiles, the defaults of each directory, and what the modulefiles share."""
    policy = _policy(modules)
    tree = {f"{place(module)}.lua": _modulefile(module, policy, templates) for module in modules}
    tree |= _defaults(modules, templates)
    tree |= _shared(policy, templates)
    if not any(isinstance(module, EnvironmentModule) and module.releases for module in modules):
        tree.pop(f"{SHARED}/nodes.lua", None)  # what nobody uses changes no tree
    return dict(sorted(tree.items()))


def _policy(modules: Sequence[Module]) -> Policy:
    policies = {module.policy for module in modules if isinstance(module, DistributionModule | ToolModule)}
    if len(policies) > 1:
        raise ValueError("the modules of one tree share one policy")
    return policies.pop() if policies else Policy(site="")


def place(module: Module) -> str:
    """Return where a module lies in the tree, without `.lua`."""
    below = module.below if isinstance(module, EnvironmentModule) else ""
    return f"{_opened(below)}/{module.look.full_name}" if below else module.look.full_name


def _opened(full_name: str) -> str:
    return f"{BELOW}/{full_name}"


def _modulefile(module: Module, policy: Policy, templates: Templates) -> bytes:
    opens = isinstance(module, DistributionModule) and module.opens
    text = templates.environment.get_template(_TEMPLATES[type(module)]).render(
        module=module,
        policy=policy,
        tree=_tree(module),
        opens=f"/{_opened(module.look.full_name)}" if opens else "",
    )
    return text.encode("utf-8", "surrogateescape")


def _tree(module: Module) -> str:
    """Return the Lua pattern that takes a modulefile's path to its tree."""
    return "^(.*)" + "/[^/]+" * (place(module).count("/") + 1) + "$"


def _defaults(modules: Sequence[Module], templates: Templates) -> dict[str, bytes]:
    directories = defaultdict(list)
    for module in sorted(modules, key=place):
        look, cycle = module.look, module.look.lifecycle
        if isinstance(module, RemovedModule):
            look = replace(look, lifecycle=replace(cycle, hidden=True))
        if look.default or look.lifecycle.hidden or cycle.aliases:
            directories[place(module).rpartition("/")[0]].append(look)
    template = templates.environment.get_template("modulerc.lua.j2")
    return {
        f"{directory}/.modulerc.lua".lstrip("/"): template.render(looks=looks).encode()
        for directory, looks in directories.items()
    }


def _shared(policy: Policy, templates: Templates) -> dict[str, bytes]:
    found = {}
    for name, content in templates.files.items():
        if name.startswith("shared/"):
            path = f"{SHARED}/{name.removeprefix('shared/').removesuffix('.j2')}"
            template = templates.environment.get_template(name) if name.endswith(".j2") else None
            found[path] = template.render(policy=policy).encode() if template else content
    return found


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


def _filled(value: str) -> str:
    """Write a captured value as an expression: `{prefix}/share/gdal` is `prefix .. "/share/gdal"`."""
    return _put(value, "prefix")


def _put(value: str, *names: str) -> str:
    """Write text in which names in braces stand for variables of Lua as an expression."""
    parts = re.split("(" + "|".join(rf"\{{{name}\}}" for name in names) + ")", value)
    words = [part[1:-1] if at % 2 else lua.lua(part) for at, part in enumerate(parts)]
    return " .. ".join(word for word in words if word != '""') or '""'


def _fields(policy: Policy) -> str:
    """Write a policy's fields as a table's, one on each line."""
    return "\n".join(f"  {name} = {lua.lua(value)}," for name, value in asdict(policy).items())
