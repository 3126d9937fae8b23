"""Images of the engine in the nodes of the cluster: only what is missing is put there."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.base.settings import with_settings
from checker.docker import connection
from checker.images.reference import expand_reference

LOAD_SECONDS = 300.0
CALL_SECONDS = 30.0
LABEL = "course.id"
CTR = ("ctr", "-n", "k8s.io", "images")


def load_into_nodes(references: list[str], nodes: list[str]) -> None:
    """Put images into nodes where they are missing, or are not those that the engine has.

    Raises:
        CouldNotFindOut: The engine lacks an image, or a node does not take it.
    """
    ids = find_ids(references)
    missing = {node: find_missing(node, ids) for node in nodes}
    wanted = sorted({name for names in missing.values() for name in names})
    if not wanted:
        return
    with (
        console.step(f"Loading {', '.join(wanted)} into the cluster"),
        tempfile.TemporaryDirectory(dir=paths.ensure_folder(paths.cache())) as folder,
    ):
        archive = Path(folder) / "images.tar"
        connection.run_docker("save", "--output", archive, *wanted, timeout=LOAD_SECONDS)

        def load(node: str) -> None:
            _import_archive(node, archive)
            for name in missing[node]:
                _run_ctr(node, "label", expand_reference(name), f"{LABEL}={ids[name]}")

        with ThreadPoolExecutor() as pool:
            list(pool.map(with_settings(load), [node for node, names in missing.items() if names]))


def find_ids(references: list[str]) -> dict[str, str]:
    """Return the id that each image has in the engine.

    Raises:
        CouldNotFindOut: The engine lacks one.
    """
    from docker.errors import ImageNotFound

    try:
        with contextlib.closing(connection.open_client()) as client:
            return {name: str(client.images.get(name).id) for name in references}
    except ImageNotFound as error:
        raise CouldNotFindOut("The engine lacks an image.", found=str(error)) from error


def find_missing(node: str, ids: dict[str, str]) -> list[str]:
    """Return the images that a node lacks; what it has is labelled with the engine's id."""
    lines = _run_ctr(node, "ls").splitlines()[1:]
    rows = {line.split()[0]: line for line in lines if line.strip()}
    return [
        name
        for name, image_id in ids.items()
        if f"{LABEL}={image_id}" not in rows.get(expand_reference(name), "")
    ]


def _import_archive(node: str, archive: Path) -> None:
    """Let a node read an archive; it unpacks an image where and when a Pod needs it."""
    command = ["docker", "exec", "-i", node, *CTR, "import", "--local", "--no-unpack", "-"]
    try:
        # A file as its input, which process.run does not take: archives may have gigabytes.
        with archive.open("rb") as source:
            done = subprocess.run(
                command, stdin=source, env=connection.cli_environment(), timeout=LOAD_SECONDS,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError) as error:
        raise CouldNotFindOut(f"{node} does not take the images.", found=str(error)) from error
    if done.returncode != 0:
        raise CouldNotFindOut(f"{node} does not take the images.", found=done.stderr[-400:])


def _run_ctr(node: str, *words: str) -> str:
    return connection.run_docker("exec", node, *CTR, *words, timeout=CALL_SECONDS).output
