"""Images of the engine in the nodes of the cluster: only what is missing is put there."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_engine

LOAD_SECONDS = 300.0
CALL_SECONDS = 30.0
LABEL = "course.id"
CTR = ("ctr", "-n", "k8s.io", "images")


def load(references: list[str], nodes: list[str]) -> None:
    """Put images into nodes where they are missing, or are not those that the engine has.

    Args:
        references: Names of images that the engine has.
        nodes: Containers of the cluster's nodes.

    Raises:
        CouldNotFindOut: The engine lacks an image, or a node does not take it.
    """
    ids = _ids(references)
    missing = {node: _missing(node, ids) for node in nodes}
    wanted = sorted({name for names in missing.values() for name in names})
    if not wanted:
        return
    with console.step(f"Loading {', '.join(wanted)} into the cluster"):
        with tempfile.TemporaryDirectory(dir=paths.cache()) as folder:
            archive = Path(folder) / "images.tar"
            command = ["docker", "save", "--output", str(archive), *wanted]
            process.run(command, timeout=LOAD_SECONDS, env=docker_engine.environment())
            with ThreadPoolExecutor() as pool:
                receivers = [node for node, names in missing.items() if names]
                list(pool.map(lambda node: _import(node, archive, ids, missing[node]), receivers))


def full_name(reference: str) -> str:
    """As containerd and the kubelet call an image that Docker calls REFERENCE."""
    name, _, tag = reference.rpartition(":") if ":" in reference.rpartition("/")[2] else (
        reference, "", "latest"
    )  # fmt: skip
    first = name.partition("/")[0]
    if "/" not in name:
        name = f"docker.io/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    return f"{name}:{tag}"


def _ids(references: list[str]) -> dict[str, str]:
    from docker.errors import ImageNotFound

    try:
        with contextlib.closing(docker_engine.client()) as client:
            return {name: str(client.images.get(name).id) for name in references}
    except ImageNotFound as error:
        raise CouldNotFindOut("The engine lacks an image.", found=str(error)) from error


def _missing(node: str, ids: dict[str, str]) -> list[str]:
    """Those that the node does not have; it bears our label with the engine's id."""
    command = ["docker", "exec", node, *CTR, "ls"]
    done = process.run(command, timeout=CALL_SECONDS, env=docker_engine.environment())
    rows = {line.split()[0]: line for line in done.output.splitlines()[1:] if line.strip()}
    return [
        name
        for name, image_id in ids.items()
        if f"{LABEL}={image_id}" not in rows.get(full_name(name), "")
    ]


def _import(node: str, archive: Path, ids: dict[str, str], names: list[str]) -> None:
    """It is unpacked where and when a Pod needs it."""
    command = ["docker", "exec", "-i", node, *CTR, "import", "--local", "--no-unpack", "-"]
    try:
        with archive.open("rb") as source:
            done = subprocess.run(
                command, stdin=source, env=docker_engine.environment(), timeout=LOAD_SECONDS,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError) as error:
        raise CouldNotFindOut(f"{node} does not take the images.", found=str(error)) from error
    if done.returncode != 0:
        raise CouldNotFindOut(f"{node} does not take the images.", found=done.stderr[-400:])
    for name in names:
        label = ["docker", "exec", node, *CTR, "label", full_name(name), f"{LABEL}={ids[name]}"]
        process.run(label, timeout=CALL_SECONDS, env=docker_engine.environment())
