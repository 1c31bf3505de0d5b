"""Render what login shells source: it pins the generation that is current at login."""

from __future__ import annotations

from lmodforge.modulefile.render import Templates


def profile_scripts(modulefiles_root: str, templates: Templates) -> dict[str, bytes]:
    """Render the scripts by name: profile.sh (bash, zsh, ksh, dash), profile.csh, profile.fish."""
    return {
        name.removeprefix("profile/").removesuffix(".j2"): templates.environment.get_template(name)
        .render(root=modulefiles_root)
        .encode()
        for name in templates.files
        if name.startswith("profile/")
    }
