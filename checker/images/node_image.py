"""Finishes the image of a cluster's node: gives it what kind expects, and the images it brings.

kind's own files are taken from its Go module when the image is built (images/base/files). Images
are put into the node's containerd by starting that once, with rights that a build does not have.
"""

from __future__ import annotations

import contextlib
import shutil
import tarfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_engine
from checker.images import golang

KIND = "sigs.k8s.io/kind"
KIND_FILES = Path("images/base/files")
TARGETS = ("system", "coredns", "provisioner", "pause")
OWN_NAMES = {
    "system": ("docker.io/course/system:1",),
    "coredns": (),
    "provisioner": ("docker.io/rancher/local-path-provisioner:v0.0.30",),
    "pause": ("registry.k8s.io/pause:3.10",),
}
STEP_SECONDS = 600.0
START_SECONDS = 30.0
POLL_SECONDS = 0.1


def add_parts(recipe: Path, folder: Path, progress: golang.Progress) -> None:
    """Put what kind expects of a node into the folder of the build.

    Raises:
        CouldNotFindOut: kind's module cannot be had.
    """
    progress("fetching the files of kind")
    module = recipe / "go" / "kind"
    source = golang.sources(golang.toolchain(progress), module, KIND) / KIND_FILES
    shutil.copytree(source, folder / "kind")
    (folder / "version").write_text(golang.find(recipe, "kubernetes").version)


def finish(
    bare: str, names: tuple[str, ...], labels: list[str], folder: Path, progress: golang.Progress
) -> None:
    """Put the images into a node image and give it its names.

    Args:
        bare: The node image without them.
        names: What the finished image will be called.
        labels: KEY=VALUE, for the finished image.
        folder: Of the build; its Dockerfile has a target for each image.

    Raises:
        CommandFailed: A step failed.
    """
    with _removed(bare), _container(bare) as node, _targets(folder) as built:
        wanted = _wanted(node)
        progress("putting the control plane's images into the node")
        for target, tag in built.items():
            for name in wanted[target]:
                _docker("tag", tag, name)
        every = [name for names in wanted.values() for name in names]
        try:
            _import(node, every, folder)
        finally:
            _docker("image", "rm", *every, check=False)
        changes = ['ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]', "CMD []"]
        changes += [f"LABEL {label}" for label in labels]
        options = [word for change in changes for word in ("--change", change)]
        _docker("commit", *options, node, names[0])
        for name in names[1:]:
            _docker("tag", names[0], name)


@contextlib.contextmanager
def _removed(name: str) -> Iterator[None]:
    """Take the name away in the end; what was committed keeps the layers."""
    try:
        yield
    finally:
        _docker("image", "rm", name, check=False)


def _docker(*words: str, check: bool = True) -> str:
    command = ["docker", *words]
    done = process.run(command, timeout=STEP_SECONDS, env=docker_engine.environment(), check=check)
    return done.output.strip()


@contextlib.contextmanager
def _container(bare: str) -> Iterator[str]:
    """A node that is not booted: only its containerd runs."""
    name = f"course-node-{uuid.uuid4().hex[:12]}"
    options = ["--name", name, "--privileged", "--label", "course.owner=images"]
    try:
        _docker("run", "-d", *options, "--entrypoint", "sleep", bare, "infinity")
        _docker("exec", "-d", name, "containerd", "--log-level", "error")
        yield name
    finally:
        _docker("rm", "-f", "-v", name, check=False)


@contextlib.contextmanager
def _targets(folder: Path) -> Iterator[dict[str, str]]:
    """The images that go into the node, built from the same Dockerfile."""
    tags = {target: f"course-part/{target}:{uuid.uuid4().hex[:12]}" for target in TARGETS}
    try:
        for target, tag in tags.items():
            _docker("build", "--quiet", "--target", target, "--tag", tag, str(folder))
        yield tags
    finally:
        _docker("image", "rm", *tags.values(), check=False)


def _wanted(node: str) -> dict[str, list[str]]:
    """Names for each target; kubeadm says which it will ask for."""
    version = _docker("exec", node, "cat", "/kind/version")
    listed = _docker("exec", node, "kubeadm", "config", "images", "list",
                     "--kubernetes-version", version)  # fmt: skip
    names = {target: list(own) for target, own in OWN_NAMES.items()}
    for name in listed.split():
        part = next((each for each in ("coredns", "pause") if f"/{each}:" in name), "system")
        if name not in names[part]:
            names[part].append(name)
    return names


def _import(node: str, names: list[str], folder: Path) -> None:
    """Compressed, which halves the node image; unpacked only where and when a Pod needs it.

    ctr compresses what it takes for an archive of Docker's; `docker save` also writes the files of
    an OCI layout, which would make it one of those.
    """
    _wait_for_containerd(node)
    saved, archive = folder / "saved.tar", folder / "docker.tar"
    _docker("save", "--output", str(saved), *names)
    with tarfile.open(saved) as source, tarfile.open(archive, "w") as target:
        for member in source:
            if member.name not in ("index.json", "oci-layout"):
                target.addfile(member, source.extractfile(member) if member.isfile() else None)
    saved.unlink()
    _docker("cp", str(archive), f"{node}:/images.tar")
    ctr = ["exec", node, "ctr", "-n", "k8s.io", "images", "import"]
    _docker(*ctr, "--no-unpack", "--compress-blobs", "/images.tar")
    _docker("exec", node, "rm", "/images.tar")
    # what was compressed is only thrown away with an image that is removed
    spare = [*ctr[:-1], "tag", names[0], "spare"], [*ctr[:-1], "rm", "--sync", "spare"]
    for command in spare:
        _docker(*command)


def _wait_for_containerd(node: str) -> None:
    command = ["docker", "exec", node, "ctr", "version"]
    deadline = time.monotonic() + START_SECONDS
    while (
        process.run(command, timeout=30, env=docker_engine.environment(), check=False).status != 0
    ):
        if time.monotonic() > deadline:
            raise CouldNotFindOut("containerd does not start in the node image.")
        time.sleep(POLL_SECONDS)
