"""Finishes the image of a cluster's node: gives it what kind expects, and the images it brings.

kind's own files are taken from its Go module when the image is built (images/base/files). Images
are put into the node's containerd by starting that once, with rights that a build does not have.
"""

from __future__ import annotations

import contextlib
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import connection
from checker.docker.labels import OWNER
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


def add_kind_files(recipe: Path, folder: Path, progress: golang.Progress) -> None:
    """Put what kind expects of a node into the folder of the build.

    Raises:
        CouldNotFindOut: kind's module cannot be had.
    """
    progress("fetching the files of kind")
    module = recipe / "go" / "kind"
    source = golang.find_sources(golang.ensure_toolchain(progress), module, KIND) / KIND_FILES
    shutil.copytree(source, folder / "kind")
    (folder / "version").write_text(golang.find_program(recipe, "kubernetes").version)


def finish_node(
    bare: str, names: tuple[str, ...], labels: list[str], folder: Path, progress: golang.Progress
) -> None:
    """Put the images into a node image and give it its names.

    Args:
        bare: The node image without them.
        names: What the finished image will be called.
        labels: KEY=VALUE, for the finished image.
        folder: Of the build; its Dockerfile has a target for each image.
        progress: Told what is under way.

    Raises:
        CommandFailed: A step failed.
    """
    with contextlib.ExitStack() as cleanup:
        # only the name goes; what is committed below keeps the layers
        cleanup.callback(run_docker, "image", "rm", bare, check=False)
        node = cleanup.enter_context(start_containerd(bare))
        built = cleanup.enter_context(build_targets(folder))
        wanted = assign_names(node)
        progress("putting the control plane's images into the node")
        for target, tag in built.items():
            for name in wanted[target]:
                run_docker("tag", tag, name)
        every = [name for names in wanted.values() for name in names]
        try:
            import_images(node, every, folder)
        finally:
            run_docker("image", "rm", *every, check=False)
        changes = ['ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]', "CMD []"]
        changes += [f"LABEL {label}" for label in labels]
        options = [word for change in changes for word in ("--change", change)]
        run_docker("commit", *options, node, names[0])
        for name in names[1:]:
            run_docker("tag", names[0], name)


def run_docker(*words: str, check: bool = True) -> str:
    """Run a command of docker, and return its output without the blank space around it."""
    return connection.run_docker(*words, timeout=STEP_SECONDS, check=check).output.strip()


@contextlib.contextmanager
def start_containerd(bare: str) -> Iterator[str]:
    """Start a node that is not booted: only its containerd runs."""
    name = f"course-node-{uuid.uuid4().hex[:12]}"
    options = ["--name", name, "--privileged", "--label", f"{OWNER}=images"]
    try:
        run_docker("run", "-d", *options, "--entrypoint", "sleep", bare, "infinity")
        run_docker("exec", "-d", name, "containerd", "--log-level", "error")
        yield name
    finally:
        run_docker("rm", "-f", "-v", name, check=False)


@contextlib.contextmanager
def build_targets(folder: Path) -> Iterator[dict[str, str]]:
    """Build the images that go into the node, from the same Dockerfile; yield their tags."""
    tags = {target: f"course-part/{target}:{uuid.uuid4().hex[:12]}" for target in TARGETS}
    try:
        for target, tag in tags.items():
            run_docker("build", "--quiet", "--target", target, "--tag", tag, str(folder))
        yield tags
    finally:
        run_docker("image", "rm", *tags.values(), check=False)


def assign_names(node: str) -> dict[str, list[str]]:
    """Return the names that each target gets; kubeadm says which it will ask for."""
    version = run_docker("exec", node, "cat", "/kind/version")
    listed = run_docker("exec", node, "kubeadm", "config", "images", "list",
                     "--kubernetes-version", version)  # fmt: skip
    names = {target: list(own) for target, own in OWN_NAMES.items()}
    for name in listed.split():
        part = next((each for each in ("coredns", "pause") if f"/{each}:" in name), "system")
        if name not in names[part]:
            names[part].append(name)
    return names


def import_images(node: str, names: list[str], folder: Path) -> None:
    """Put images into the node compressed, which halves it; a Pod that needs one unpacks it.

    ctr compresses what it takes for an archive of Docker's; `docker save` also writes the files of
    an OCI layout, which would make it one of those.
    """
    probe = ("exec", node, "ctr", "version")
    if not wait_until(
        lambda: connection.run_docker(*probe, timeout=30, check=False).status == 0,
        START_SECONDS,
        POLL_SECONDS,
    ):
        raise CouldNotFindOut("containerd does not start in the node image.")
    saved, archive = folder / "saved.tar", folder / "docker.tar"
    run_docker("save", "--output", str(saved), *names)
    with tarfile.open(saved) as source, tarfile.open(archive, "w") as target:
        for member in source:
            if member.name not in ("index.json", "oci-layout"):
                target.addfile(member, source.extractfile(member) if member.isfile() else None)
    saved.unlink()
    run_docker("cp", str(archive), f"{node}:/images.tar")
    ctr = ["exec", node, "ctr", "-n", "k8s.io", "images", "import"]
    run_docker(*ctr, "--no-unpack", "--compress-blobs", "/images.tar")
    run_docker("exec", node, "rm", "/images.tar")
    # what was compressed is only thrown away with an image that is removed
    spare = [*ctr[:-1], "tag", names[0], "spare"], [*ctr[:-1], "rm", "--sync", "spare"]
    for command in spare:
        run_docker(*command)
