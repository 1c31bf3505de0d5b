"""Every key of a site file as a page, written from the models: nobody has to keep it up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lmodforge.config.models import SiteConfig

Schema = dict[str, Any]

_HEAD = """\
# The site file

<!-- Written by `python -m lmodforge.config.reference > docs/site-file.md`: edit the models instead. -->

One cluster, one YAML file. `invoke init` writes one to begin with, `invoke check` reads it and shows every mistake
with its place, `invoke schema` writes a JSON schema with which editors complete keys.

- All values are text until their key says otherwise: `version: 3.10` is 3.10, not 3.1.
- A key without a value (`title:`, `title: null`, `title: ~`) is a key that is not there.
- `extends: _base.yaml`, or a list of files, starts from other files: maps merge by key, lists and scalars replace,
  null removes. A file is looked for beside the one that names it, then among the sites that lmodforge ships.
  In a list, later files win; the file itself wins over all.
- Within a file, YAML's own anchors and aliases work, `<<: *other` included.
- Keys in **bold** must be there.
"""


def site_reference() -> str:
    """Write the reference of all keys in Markdown."""
    schema = SiteConfig.model_json_schema()
    definitions = schema.pop("$defs")
    sections = [_section("", schema, definitions)]
    for key, value in schema["properties"].items():
        sections += _sections(key, value, definitions)
    return "\n".join([_HEAD, *sections])


def _sections(path: str, schema: Schema, definitions: Schema) -> Iterator[str]:
    """Write a section for each model at a place, and below it for the models within."""
    for below, model in _models(schema, definitions):
        yield _section(path + below, model, definitions)
        for key, value in model["properties"].items():
            yield from _sections(f"{path}{below}.{key}", value, definitions)


def _models(schema: Schema, definitions: Schema) -> Iterator[tuple[str, Schema]]:
    if "$ref" in schema:
        model = definitions[schema["$ref"].rpartition("/")[2]]
        if "properties" in model:
            yield "", model
    for option in _options(schema):
        yield from _models(option, definitions)
    for by_name in _values(schema):
        for below, model in _models(by_name, definitions):
            yield f".NAME{below}", model


def _options(schema: Schema) -> list[Schema]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _values(schema: Schema) -> list[Schema]:
    values = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    return [value for value in values if isinstance(value, dict)]


def _section(path: str, model: Schema, definitions: Schema) -> str:
    kind = model["properties"].get("kind", {}).get("const")
    heading = f"## `{path}`" + (f", kind `{kind}`" if kind else "") if path else "## At the top"
    required = model.get("required", ())
    rows = [_row(key, value, key in required, definitions) for key, value in model["properties"].items()]
    table = ["| key | type | default | |", "|---|---|---|---|", *rows]
    return "\n".join([heading, "", model["description"].partition("\n\n")[0], "", *table, ""])


def _row(key: str, schema: Schema, required: bool, definitions: Schema) -> str:
    name = f"**`{key}`**" if required else f"`{key}`"
    about = schema.get("description") or _of_model(schema, definitions)
    cells = (name, _type(schema, definitions), _default(schema), about)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _of_model(schema: Schema, definitions: Schema) -> str:
    return next((str(model["description"]) for _, model in _models(schema, definitions)), "")


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if default in (None, "", [], {}) or isinstance(default, dict):
        return ""
    return f"`{default}`" if isinstance(default, str) else f"`{json.dumps(default)}`"


def _type(schema: Schema, definitions: Schema) -> str:
    """Say in words what may stand at a key."""
    if "$ref" in schema:
        return "map"
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema.get("enum", [schema.get("const")]))
    if options := [option for option in _options(schema) if option.get("type") != "null"]:
        return " or ".join(dict.fromkeys(_type(option, definitions) for option in options))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'], definitions)}"
    if by_name := _values(schema):
        return f"map of names to {_type(by_name[0], definitions)}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    return str(schema.get("format") or words[schema["type"]])


if __name__ == "__main__":
    print(site_reference(), end="")  # noqa: T201 - that is what it is run for
