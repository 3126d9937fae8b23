"""Manifests as YAML that every reader of YAML understands in the same way."""

from __future__ import annotations

import re
from typing import Any

import yaml

from checker.convert.tracked_input import Object

NUMBER_LIKE = re.compile(r"[-+.]?[0-9]")
QUANTITY = re.compile(r"[0-9]+(m|Mi|Gi|%)")


class ManifestDumper(yaml.SafeDumper):
    """Quotes each text that somebody's YAML might take for a number: 1e3, 0o7, 12:30."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Represent a text, in quotes where a reader might see a number or a truth value."""
    doubtful = NUMBER_LIKE.match(text) and not QUANTITY.fullmatch(text)
    style = '"' if doubtful or text.lower() in ("y", "n", "nan") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


ManifestDumper.add_representer(str, represent_text)


def dump_manifests(manifests: list[Object]) -> str:
    """Return all manifests in one text, parted by `---`."""
    return yaml.dump_all(
        manifests,
        Dumper=ManifestDumper,
        sort_keys=False,
        explicit_start=len(manifests) > 1,
        width=100,
    )
