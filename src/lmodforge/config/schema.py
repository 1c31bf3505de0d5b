"""The JSON schema that editors use: what the models take, as loosely as YAML editors read it.

An editor reads `3.10` as a number, so text may be one. A key without a value removes an inherited key, so any key may
be null. A file that extends another need not be whole, so nothing is required of it.
"""

from __future__ import annotations

from typing import Any

from lmodforge.config.models import SiteConfig

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FILE = {"type": "string", "description": "A site file: beside this one, else one that lmodforge ships."}
_EXTENDS = {
    "title": "Extends",
    "description": "Site files to start from: maps merge by key, lists and scalars replace, null removes.",
    "anyOf": [_FILE, {"type": "array", "items": _FILE}],
}
_NULL = {"type": "null"}


def site_schema() -> Schema:
    """Describe a site file in JSON schema, draft 2020-12."""
    models = SiteConfig.model_json_schema()
    definitions = models.pop("$defs") | {"Site": models}
    whole = {name: _loosened(model, definitions, "") for name, model in definitions.items()}
    partial = {f"{name}Part": _loosened(model, definitions, "Part") for name, model in definitions.items()}
    for site in (whole["Site"], partial["SitePart"]):
        site["properties"] = {"extends": _EXTENDS, **site["properties"]}
    return {
        "$schema": _DIALECT,
        "title": "lmodforge site file",
        "description": "One cluster, one file.",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": "#/$defs/SitePart"},
        "else": {"$ref": "#/$defs/Site"},
        "$defs": whole | partial,
    }


def _loosened(schema: Schema, definitions: Schema, part: str) -> Schema:
    """Rewrite one schema and what is in it; `part` is added to the names it refers to."""
    loose = {key: value for key, value in schema.items() if key not in ("discriminator", "oneOf", "patternProperties")}
    if part or not loose.get("required"):
        loose.pop("required", None)
    if "$ref" in loose:
        loose["$ref"] += part
    if options := schema.get("oneOf", schema.get("anyOf")):
        # Not oneOf: without its `kind`, a part of a distribution may be of several.
        loose["anyOf"] = [_loosened(option, definitions, part) for option in options]
    if loose.get("type") == "string" and not {"enum", "const"} & loose.keys():
        loose["type"] = ["string", "number", "boolean"]
    if isinstance(items := loose.get("items"), dict):
        loose["items"] = _loosened(items, definitions, part)
    if by_name := schema.get("patternProperties"):
        ((pattern, loose["additionalProperties"]),) = by_name.items()
        loose["propertyNames"] = {"pattern": pattern}
    if isinstance(values := loose.get("additionalProperties"), dict):
        loose["additionalProperties"] = _or_null(_loosened(values, definitions, part))
    if properties := loose.get("properties"):
        loose["properties"] = {
            key: _or_null(_described(_loosened(value, definitions, part), value, definitions))
            for key, value in properties.items()
        }
    return loose


def _described(loose: Schema, schema: Schema, definitions: Schema) -> Schema:
    """Let a section that is described by its model alone show that where its key is typed."""
    options = [schema, *schema.get("anyOf", [])]
    refs = [option["$ref"].rpartition("/")[2] for option in options if "$ref" in option]
    if "description" in loose or len(refs) != 1:
        return loose
    return {"description": definitions[refs[0]].get("description", ""), **loose}


def _or_null(schema: Schema) -> Schema:
    if "const" in schema:  # what tells kinds apart cannot be absent
        return schema
    about = {key: value for key, value in schema.items() if key in ("title", "description", "default")}
    value = {key: value for key, value in schema.items() if key not in about}
    options = value["anyOf"] if set(value) == {"anyOf"} else [value]
    return {**about, "anyOf": options if _NULL in options else [*options, _NULL]}
