"""What is written down of the cluster: where it answers, what it was made with, what went wrong."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

from checker.base import paths
from checker.base.run import Run
from checker.base.settings import current_settings


def cluster_folder() -> Path:
    """Return the folder of the kubeconfig and of all that is written down."""
    return current_settings().state / "kubernetes"


def programs_folder() -> Path:
    """Return where kubectl and kind are, once a page or lab needed a cluster."""
    return current_settings().cache / "engines" / "kubernetes"


def kubeconfig_file() -> Path:
    """Return what kubectl of a course shell uses; it need not be there."""
    return cluster_folder() / "config"


def start_mark() -> Path:
    """Return the file that says that the course has begun to create a cluster."""
    return cluster_folder() / "begun"


def finish_mark() -> Path:
    """Return the file that says that the cluster is complete, with the addresses of its nodes.

    A cluster whose creation was interrupted is created again.
    """
    return cluster_folder() / "made"


def read_addresses() -> dict[str, str]:
    """Return the addresses that the nodes had when the cluster was complete, by their names."""
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(finish_mark().read_text()))
    return {}


def snapshot_file(run: Run) -> Path:
    """Return the file of what was in the cluster before a run."""
    # Of the run, whose settings may be other than those of whoever asks.
    return run.settings.state / "kubernetes" / f"before-{run.name}.json"


def network_mark() -> Path:
    """Return the file that says that the network of the nodes was created for the cluster."""
    return cluster_folder() / "network"


def forget_cluster() -> None:
    """Forget what was written down of a cluster that goes; in the next one all would be new."""
    for each in (finish_mark(), *cluster_folder().glob("before-*.json")):
        each.unlink(missing_ok=True)


def record_images(references: list[str]) -> None:
    """Record that the nodes have these images; a cluster in place of this one needs them."""
    if not set(references) <= set(known := read_images()):
        paths.write_atomically(images_file(), json.dumps(sorted({*known, *references})))


def read_images() -> list[str]:
    """Return the images that were put into the nodes."""
    with contextlib.suppress(OSError, ValueError):
        return list(json.loads(images_file().read_text()))
    return []


def record_trouble(trouble: str) -> None:
    """Record why the cluster could not be mended, for whoever looks into it later."""
    paths.ensure_folder(cluster_folder())
    with troubles_file().open("a") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}  {trouble}\n")


def troubles_file() -> Path:
    """Return what went wrong with clusters so far, a line for each time; it need not be there."""
    return cluster_folder() / "troubles"


def images_file() -> Path:
    """Return the list of images that were put into the nodes."""
    return cluster_folder() / "images.json"
