"""What proves a file block beyond its syntax: a command that reads it as its users will."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath

import yaml

from checker.orchestrators.engine_names import needs
from checker.pages.parsing.blocks import Block

SECONDS = 300.0
BUILD = re.compile(r"docker( image| buildx| builder)? build\b|docker compose\b.*\b(build|up)\b")
OTHER = re.compile(r"build\b.*\s(-f|--file)\b")
APPLY = "kubectl apply --dry-run=server --validate=strict"
OLD_FAILS = "--warnings-as-errors"
"""The API server only warns of a version that is deprecated."""

COMPOSE_FILE = re.compile(r"(docker-)?compose(\.[\w-]+)*\.ya?ml")


def command(file: Block, page: tuple[Block, ...], engine: str = "none") -> str:
    """The command that validates a file block, or nothing where none is needed.

    Args:
        page: All blocks: a Dockerfile that a later command builds is validated by that.
        engine: The page's; with `kind` there is a cluster that knows manifests.
    """
    path = PurePosixPath(file.title)
    if is_dockerfile(path):
        return "" if _is_built(file, page) else _build(path)
    if COMPOSE_FILE.fullmatch(path.name):
        return f"docker compose {_compose_files(file, page)} config --quiet"
    if needs(engine, "kind") and path.suffix in (".yaml", ".yml") and is_manifest(file.content):
        return f"{APPLY} -f {shlex.quote(str(path))} {OLD_FAILS} > /dev/null"
    return ""


def _compose_files(file: Block, page: tuple[Block, ...]) -> str:
    """What is laid over another file, as compose.test.yaml is, makes sense only with that one."""
    path = PurePosixPath(file.title)
    base = str(path.with_name(path.name.partition(".")[0] + path.suffix))
    below = any(block.title == base and block.line < file.line for block in page)
    names = [base, str(path)] if below else [str(path)]
    return " ".join(f"-f {shlex.quote(name)}" for name in names)


def is_dockerfile(path: PurePosixPath) -> bool:
    """Whether a file is one by its name: Dockerfile, Dockerfile.old, old.dockerfile."""
    name = path.name.lower()
    return name == "dockerfile" or name.startswith("dockerfile.") or name.endswith(".dockerfile")


def is_manifest(content: str) -> bool:
    """Whether a text is YAML whose documents are all objects of Kubernetes."""
    every = [each for each in yaml.safe_load_all(content) if each is not None]
    return bool(every) and all(
        isinstance(each, dict) and {"apiVersion", "kind"} <= each.keys() for each in every
    )


def _is_built(file: Block, page: tuple[Block, ...]) -> bool:
    later = (each for block in page if block.line > file.line for each in block.statements)
    name = PurePosixPath(file.title).name
    named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    default = name == "Dockerfile"
    return any(
        BUILD.search(each.text)
        and (named.search(each.text) or (default and not OTHER.search(each.text)))
        for each in later
    )


def _build(path: PurePosixPath) -> str:
    folder = shlex.quote(str(path.parent))
    return f"docker build --quiet --file {shlex.quote(str(path))} {folder}"
