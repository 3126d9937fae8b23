"""Reading a learner's Compose file without harm: no bomb is unpacked, nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from checker.checks.compose.project_files import WrittenFile
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


def construct_tagged(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    """Read what stands behind a tag that only Compose knows, as if it had none."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", construct_tagged)


def read_compose_files(workspace: Workspace, names: Sequence[str]) -> list[WrittenFile]:
    """Return Compose files, and all that they include or extend, before variables are filled in.

    Every one of them is looked at, so that Compose can be let loose on them.

    Raises:
        CheckFailed: One is missing, no YAML, too big, or asks for files from another machine.
    """
    found: list[WrittenFile] = []
    waiting, seen = list(names), set[str]()
    while waiting:
        current = waiting.pop(0)
        if current in seen:
            continue
        seen.add(current)
        if len(seen) > MOST_FILES:
            raise CheckFailed(
                f"no more than 20 files in {names[0]}", "more", "Include fewer files."
            )
        content = load_mapping(workspace, current)
        found.append(WrittenFile(current, workspace.file(current).text, content))
        waiting += [str(Path(current).parent / each) for each in list_references(content)]
    return found


def load_mapping(workspace: Workspace, name: str) -> dict[str, Any]:
    """Load one file, unless it would swell when its aliases are written out.

    Raises:
        CheckFailed: It is missing, too big, no YAML, or no mapping.
    """
    file = workspace.file(name)
    if len(file.bytes) > LARGEST:
        found = f"{len(file.bytes)} bytes"
        raise CheckFailed(f"less than 256 KB in {name}", found, "Write it shorter.")
    text = file.text
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if count_nodes(node, {}, ()) > MOST_NODES:
            expected = f"a file that is not too large in {name}"
            raise CheckFailed(expected, "aliases that multiply", "Write out what is meant.")
        content = None if node is None else loader.construct_document(node)
    except RecursionError:
        found = "brackets in brackets without end"
        raise CheckFailed(f"a file in {name}", found, "Write it flat.") from None
    except yaml.YAMLError as error:
        step = "Mind the indentation: two spaces for each step, and no tabs."
        raise CheckFailed(f"YAML in {name}", " ".join(str(error).split())[:300], step) from None
    if not isinstance(content, dict):
        step = "Begin with `services:`, and indent the names of the services below it."
        raise CheckFailed(f"keys such as `services:` at the top in {name}", "none", step)
    return content


def count_nodes(node: yaml.Node | None, known: dict[int, int], above: tuple[int, ...]) -> int:
    """Count the nodes that there are when each alias is replaced by what it stands for.

    Args:
        node: What is counted, with all that it holds.
        known: Counts of nodes that were counted already, by their `id`; it is added to.
        above: The nodes that hold this one, by their `id`.

    Raises:
        RecursionError: A node holds itself.
    """
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in above:
        raise RecursionError
    if id(node) not in known:
        # a mapping's value is a list of pairs, a sequence's one of nodes
        pairs = (each if isinstance(each, tuple) else (each,) for each in node.value)
        parts = (part for pair in pairs for part in pair)
        known[id(node)] = 1 + sum(count_nodes(part, known, (*above, id(node))) for part in parts)
    return known[id(node)]


def list_references(content: dict[str, Any]) -> Iterator[str]:
    """List the files that a file takes in.

    Raises:
        CheckFailed: One of them, or the folder of a build, is on another machine or outside.
    """

    def wrap_in_list(value: Any) -> list[Any]:
        return value if isinstance(value, list) else [] if value is None else [value]

    for each in wrap_in_list(content.get("include")):
        for path in wrap_in_list(each.get("path") if isinstance(each, dict) else each):
            yield require_local_path("include", path)
    services = content.get("services")
    for service in services.values() if isinstance(services, dict) else ():
        if not isinstance(service, dict):
            continue
        extends, build = service.get("extends"), service.get("build")
        if isinstance(extends, dict) and extends.get("file"):
            yield require_local_path("extends", extends["file"])
        context = build.get("context", ".") if isinstance(build, dict) else build or "."
        require_local_path("build", context)


def require_local_path(key: str, path: Any) -> str:
    """Return a path that stands after a key, if Compose would look for it in the folder.

    Raises:
        CheckFailed: It would not.
    """
    text = str(path)
    if REMOTE.match(text) or (key != "build" and "$" in text):
        step = "Keep all that belongs to the project in your folder, and name it there."
        raise CheckFailed(f"a path in your folder after `{key}:`", text[:300], step)
    if key != "build" and (Path(text).is_absolute() or ".." in Path(text).parts):
        raise CheckFailed(f"a path in your folder after `{key}:`", "one outside", f"Not: {text}")
    return text
