"""Where a path of a container is kept: in which mount, and in words."""

from __future__ import annotations

import pytest

from checker.checks.docker.facts import Mount
from checker.checks.docker.storage import describe_mount, find_mount

VOLUME = Mount("volume", "orders", "/var/lib/postgresql", False)
INNER = Mount("tmpfs", "", "/var/lib/postgresql/data", False)
UNNAMED = Mount("volume", "0123456789ab" + "0" * 52, "/data", False)
FOLDER = Mount("bind", "/home/ana/data", "/srv/data", True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/lib/postgresql/17", VOLUME),
        ("/var/lib/postgresql/data/base/1", INNER),
        ("/var/lib/postgresql", VOLUME),
        ("/var/lib/postgresql-17", None),
        ("/", None),
    ],
)
def test_the_innermost_mount_holds_a_path(path: str, expected: Mount | None) -> None:
    assert find_mount([VOLUME, INNER, UNNAMED, FOLDER], path) == expected


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        (VOLUME, "the volume orders"),
        (UNNAMED, "a volume that nobody named (0123456789ab...)"),
        (FOLDER, "the folder /home/ana/data of this machine"),
        (INNER, "memory, which is empty after each start"),
        (None, "the container's own layer, which goes with the container"),
    ],
)
def test_places_are_told_in_words(mount: Mount | None, words: str) -> None:
    assert describe_mount(mount) == words
