"""A site file as people write it: one cluster."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lmodforge.config.base import Model
from lmodforge.config.builds import Builds
from lmodforge.config.channels import Channel, CondaSettings
from lmodforge.config.distributions import Distribution, Platform
from lmodforge.config.environments import Environment, Tool
from lmodforge.config.licences import AnacondaTerms
from lmodforge.config.naming import AbsolutePath, Name, PublicUrl, Text, VersionNumber
from lmodforge.config.node_types import NodeType, NodeTypeName
from lmodforge.config.scheduler import Host, Scheduler
from lmodforge.config.spaces import Caches, ModuleSettings, ProjectSpace, ScratchSpace
from lmodforge.config.storage import Storage
from lmodforge.config.workspaces import Workspaces


class Paths(Model):
    """Where everything is installed. Both must be visible under the same path on every node."""

    software: Annotated[
        AbsolutePath,
        Field(
            description="Prefixes, environments and tools; `.lmodforge` keeps the receipts. In this and other paths "
            "`{system}` is `linux` or `macOS`, `{platform}` such as `linux-x86_64`, for systems that share a file "
            "system."
        ),
    ]
    modulefiles: Annotated[AbsolutePath, Field(description="Module trees: `generations/`, `current`, `init/`.")]
    archives: Annotated[
        AbsolutePath | None,
        Field(description="Packed environments, for users to find by name; left out: `archives` in `software`."),
    ] = None

    @property
    def packed(self) -> str:
        """Where archives lie."""
        return self.archives or f"{self.software}/archives"


class LmodSettings(Model):
    """The Lmod that users have."""

    minimum: Annotated[VersionNumber, Field(description="The oldest Lmod that the modulefiles must work with.")] = "8.6"
    required: Annotated[
        bool, Field(description="Refuse to deploy where no Lmod can load the new modules before they are published.")
    ] = False
    spider_cache: Annotated[
        AbsolutePath | None, Field(description="Directory of Lmod's system spider cache, refreshed after a deploy.")
    ] = None
    current: Annotated[
        bool,
        Field(
            description="Users have `current` itself on MODULEPATH, not a generation that the profile scripts pin: "
            "a module that goes stays as one that only unloads, for those who have it loaded."
        ),
    ] = False


class Index(Model):
    """Where PyPI packages come from."""

    url: Annotated[
        PublicUrl | None, Field(description="A mirror's simple index; left out: what uv takes by default.")
    ] = None
    extra: Annotated[tuple[PublicUrl, ...], Field(description="Further indexes, asked first.")] = ()
    find_links: Annotated[tuple[AbsolutePath, ...], Field(description="Directories with wheels.")] = ()


class Permissions(Model):
    """Who may read what is installed; nobody may write it."""

    group: Annotated[Name | None, Field(description="Group that owns it; left out: the deploying user's.")] = None
    readable_by: Annotated[Literal["all", "group"], Field(description="`all` users or only the `group`.")] = "all"


class Retention(Model):
    """What `prune` keeps at the least."""

    generations: Annotated[int, Field(ge=1, description="Module trees that are kept, the current one included.")] = 3
    days: Annotated[
        int, Field(ge=0, description="Longer than the longest job: a login of the last days keeps its modules.")
    ] = 30


class Usage(Model):
    """Loads of modules are recorded in syslog, by a SitePackage.lua beside the profile scripts."""

    users: Annotated[
        Literal["hash", "name", "none"],
        Field(description="How users are recorded; `hash` tells them apart and does not name them."),
    ] = "hash"


class SiteConfig(Model):
    """One cluster, one file."""

    name: Annotated[Name, Field(description="Short name of the cluster.")]
    title: Annotated[Text, Field(description="What users call the cluster.")] = ""
    url: Annotated[Text, Field(description="The centre's own pages about the cluster.")] = ""
    support: Annotated[Text, Field(description="Where users get help: a mail address or a URL.")] = ""
    login: Annotated[tuple[Host, ...], Field(description="Hosts that users log in to, by ssh.")] = ()
    root: Annotated[
        Text | None,
        Field(
            description="Lay the whole site out below this directory, for trying it; relative to the current directory."
        ),
    ] = None
    paths: Paths
    lmod: LmodSettings = LmodSettings()
    project: ProjectSpace | None = None
    scratch: ScratchSpace | None = None
    workspaces: Annotated[
        Workspaces | None, Field(description="Directories that groups share, and a module for them.")
    ] = None
    storage: Annotated[
        dict[Name, Storage],
        Field(default_factory=dict, description="File systems on which users have a quota, by name."),
    ]
    scheduler: Annotated[Scheduler | None, Field(description="The batch system that users submit jobs to.")] = None
    builds: Builds = Builds()
    nodes: Annotated[
        dict[NodeTypeName, NodeType],
        Field(default_factory=dict, description="Types of nodes that environments can be built for, by name."),
    ]
    caches: Caches = Caches()
    modules: ModuleSettings = ModuleSettings()
    usage: Annotated[Usage | None, Field(description="Record loads in syslog.")] = None
    permissions: Permissions = Permissions()
    retention: Retention = Retention()
    index: Annotated[Index, Field(description="Where PyPI packages come from.")] = Index()
    platforms: Annotated[
        tuple[Platform, ...],
        Field(description="What `invoke lock` solves for; left out: the platform of the host that it runs on."),
    ] = ()
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, description="Conda channels, best first.")] = (
        "conda-forge",
    )
    conda: Annotated[
        CondaSettings,
        Field(
            default_factory=lambda: CondaSettings(mirrors={}, tokens={}, virtual_packages={}),
            description="How conda packages are fetched and installed.",
        ),
    ]
    anaconda_terms: AnacondaTerms | None = None
    templates: Annotated[
        tuple[AbsolutePath, ...], Field(description="Directories with the site's own templates, looked in first.")
    ] = ()
    distributions: Annotated[
        dict[Name, Distribution], Field(default_factory=dict, description="Base prefixes, by name.")
    ]
    tools: Annotated[
        dict[Literal["uv"], Tool],
        Field(default_factory=dict, description="Single programs with a module of their own, by name."),
    ]
    environments: Annotated[
        dict[Name, Environment],
        Field(default_factory=dict, description="Sets of packages, by name; distributions list those they have."),
    ]
