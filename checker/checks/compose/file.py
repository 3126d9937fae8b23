"""Reading a learner's Compose file without harm: no bomb is unpacked, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from checker.checks.core.failure import CheckFailed
from checker.checks.files.fixture import Workspace

LARGEST = 256 * 1024
"""Bytes of one file."""

MOST_NODES = 20_000
"""Keys and values of one file once its aliases are written out."""

MOST_FILES = 20
REMOTE = re.compile(r"^\w[\w+.-]*://|^(git@|oci:|github\.com/|gitlab\.com/|bitbucket\.org/)")
"""What Compose would fetch from somewhere: addresses, and hosts that it knows."""


class _Loader(yaml.SafeLoader):
    """Safe, and at ease with Compose's own tags `!reset` and `!override`."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _tagged)


def read(workspace: Workspace, name: str) -> dict[str, Any]:
    """The mapping at the top of a Compose file, before Compose fills in variables.

    What the file includes or extends is looked at too, so that Compose can be let loose on it.

    Raises:
        CheckFailed: It is missing, no YAML, too big, or asks for files from another machine.
    """
    first: dict[str, Any] = {}
    waiting, seen = [name], set[str]()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        if len(seen) > MOST_FILES:
            raise _refused(name, "no more than 20 files", "more", "Include fewer files.")
        content = _load(workspace, current)
        first = first or content
        waiting += [_beside(current, each) for each in _others(content)]
    return first


def _load(workspace: Workspace, name: str) -> dict[str, Any]:
    file = workspace.file(name)
    if len(file.bytes) > LARGEST:
        raise _refused(name, "less than 256 KB", f"{len(file.bytes)} bytes", "Write it shorter.")
    text = file.text
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if _nodes(node, {}, ()) > MOST_NODES:
            raise _refused(
                name, "a file of bearable size", "aliases that multiply", "Write out what is meant."
            )
        content = None if node is None else loader.construct_document(node)
    except RecursionError:
        raise _refused(
            name, "a file", "brackets in brackets without end", "Write it flat."
        ) from None
    except yaml.YAMLError as error:
        step = "Mind the indentation: two spaces for each step, and no tabs."
        raise _refused(name, "YAML", " ".join(str(error).split())[:300], step) from None
    if not isinstance(content, dict):
        step = "Begin with `services:`, and indent the names of the services below it."
        raise _refused(name, "keys such as `services:` at the top", "none", step)
    return content


def _nodes(node: yaml.Node | None, known: dict[int, int], above: tuple[int, ...]) -> int:
    """How many nodes there are when each alias is replaced by what it stands for."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in above:
        raise RecursionError
    if id(node) not in known:
        known[id(node)] = 1 + sum(_nodes(each, known, (*above, id(node))) for each in _parts(node))
    return known[id(node)]


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    for each in node.value:
        yield from each if isinstance(each, tuple) else (each,)


def _others(content: dict[str, Any]) -> Iterator[str]:
    """The files that a file takes in."""
    for each in _several(content.get("include")):
        for path in _several(each.get("path") if isinstance(each, dict) else each):
            yield _local("include", path)
    services = content.get("services")
    for service in services.values() if isinstance(services, dict) else ():
        extends = service.get("extends") if isinstance(service, dict) else None
        if isinstance(extends, dict) and extends.get("file"):
            yield _local("extends", extends["file"])
        build = service.get("build") if isinstance(service, dict) else None
        _local("build", build.get("context", ".") if isinstance(build, dict) else build or ".")


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _local(key: str, path: Any) -> str:
    text = str(path)
    if REMOTE.match(text) or (key != "build" and "$" in text):
        step = "Keep all that belongs to the project in your folder, and name it there."
        raise CheckFailed(f"a path in your folder after `{key}:`", text[:300], step)
    if key != "build" and (Path(text).is_absolute() or ".." in Path(text).parts):
        raise CheckFailed(f"a path in your folder after `{key}:`", "one outside", f"Not: {text}")
    return text


def _beside(file: str, other: str) -> str:
    return str(Path(file).parent / other)


def _refused(name: str, expected: str, found: str, next_step: str) -> CheckFailed:
    return CheckFailed(f"{expected} in {name}", found, next_step)
