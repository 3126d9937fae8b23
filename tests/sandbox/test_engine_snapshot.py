"""What was there before is told apart from what was made."""

from __future__ import annotations

import pytest

from checker.docker.journal import Entry
from checker.sandbox.engine_snapshot import Snapshot, add_default_tag
from tests.engine_fakes import Client

OLD, NEW = "sha256:old", "sha256:new"


@pytest.fixture
def before(client: Client) -> Snapshot:
    client.tags = {"own:1": OLD}
    client.things["volume"] = {"data"}
    return Snapshot.take(client)


def test_volumes_images_and_names_are_remembered(before: Snapshot) -> None:
    assert before.volumes == {"data"}
    assert before.images == {OLD}
    assert before.tags == {"own:1": OLD}


@pytest.mark.parametrize(
    ("identity", "name", "entries"),
    [
        (NEW, "app", [Entry("image", NEW), Entry("tag", "app:latest")]),
        (NEW, NEW, [Entry("image", NEW), Entry("image", NEW)]),
        ("app:2", "app", [Entry("tag", "app:2"), Entry("tag", "app:latest")]),
        (NEW, "own:1", [Entry("image", NEW), Entry("tag", "own:1", OLD)]),
        (OLD, "copy:1", [Entry("tag", "copy:1")]),
        (OLD, "", []),
    ],
    ids=["built", "imported", "pulled", "name taken over", "second name", "known"],
)
def test_image_events(before: Snapshot, identity: str, name: str, entries: list[Entry]) -> None:
    assert list(before.describe_event(identity, name)) == entries


def test_names_of_the_courses_own_images_are_kept(before: Snapshot) -> None:
    assert list(before.describe_event(NEW, "debian:trixie-slim")) == [Entry("image", NEW)]


def test_courses_image_that_was_replaced_gets_its_name_back(client: Client) -> None:
    client.tags = {"debian:trixie-slim": OLD}
    before = Snapshot.take(client)
    assert Entry("tag", "debian:trixie-slim", OLD) in list(
        before.describe_event(NEW, "debian:trixie-slim")
    )


def test_image_of_which_no_event_tells_is_found_afterwards(
    client: Client, before: Snapshot
) -> None:
    client.untagged = {NEW}
    client.tags["app:1"] = NEW
    client.tags["own:1"] = NEW
    assert set(before.find_new_images(client)) == {
        Entry("image", NEW),
        Entry("tag", "app:1"),
        Entry("tag", "own:1", OLD),
    }


def test_nothing_new_means_nothing_made(client: Client, before: Snapshot) -> None:
    assert list(before.find_new_images(client)) == []


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("app", "app:latest"),
        ("app:1", "app:1"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("app@sha256:ab", "app@sha256:ab"),
    ],
)
def test_name_without_a_tag_means_latest(name: str, full: str) -> None:
    assert add_default_tag(name) == full
