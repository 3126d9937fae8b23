"""What proves a file block beyond its syntax: a command that reads it as its users will."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath

from checker.orchestrators import registry
from checker.pages.parsing.blocks import Block

SECONDS = 300.0
BUILD = re.compile(r"docker( image| buildx| builder)? build\b|docker compose\b.*\b(build|up)\b")
OTHER = re.compile(r"build\b.*\s(-f|--file)\b")
COMPOSE_FILE = re.compile(r"(docker-)?compose(\.[\w-]+)*\.ya?ml")


def build_command(file: Block, page: tuple[Block, ...], engine: str = "none") -> str:
    """Return the command that validates a file block, or nothing where none is needed.

    Args:
        file: The block.
        page: All blocks: a Dockerfile that a later command builds is validated by that.
        engine: The page's, whose orchestrators may know more files.
    """
    path = PurePosixPath(file.title)
    if is_dockerfile(path):
        folder = shlex.quote(str(path.parent))
        build = f"docker build --quiet --file {shlex.quote(str(path))} {folder}"
        return "" if is_built(file, page) else build
    if COMPOSE_FILE.fullmatch(path.name):
        # What is laid over another file, as compose.test.yaml is, makes sense only with that one.
        base = str(path.with_name(path.name.partition(".")[0] + path.suffix))
        below = any(block.title == base and block.line < file.line for block in page)
        names = [base, str(path)] if below else [str(path)]
        options = " ".join(f"-f {shlex.quote(name)}" for name in names)
        return f"docker compose {options} config --quiet"
    for each in registry.orchestrators_of(engine):
        if validation := each.validation(path, file.content):
            return validation
    return ""


def is_dockerfile(path: PurePosixPath) -> bool:
    """Tell whether a file is one by its name: Dockerfile, Dockerfile.old, old.dockerfile."""
    name = path.name.lower()
    return name == "dockerfile" or name.startswith("dockerfile.") or name.endswith(".dockerfile")


def is_built(file: Block, page: tuple[Block, ...]) -> bool:
    """Tell whether a later command builds a Dockerfile."""
    later = (each for block in page if block.line > file.line for each in block.statements)
    name = PurePosixPath(file.title).name
    named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    default = name == "Dockerfile"
    return any(
        BUILD.search(each.text)
        and (named.search(each.text) or (default and not OTHER.search(each.text)))
        for each in later
    )
