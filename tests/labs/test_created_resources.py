"""What a lab's journal names is put in words, and removed through its recorder."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import NotFound

from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker import connection
from checker.docker.journal import Entry, Journal
from checker.labs import created_resources
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import cluster_snapshot
from checker.sandbox import recorder

LAB = "docker/first"


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path))


class Engine:
    """Tells of what is there, by identity."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.closed = False
        names = ("container", "network", "volume", "image", "service")
        self.api = SimpleNamespace(**{f"inspect_{name}": self._inspect for name in names})

    def close(self) -> None:
        self.closed = True

    def _inspect(self, identity: str) -> dict[str, Any]:
        if identity not in self.there:
            raise NotFound(identity)
        return self.there[identity]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine()
    monkeypatch.setattr(connection, "open_client", lambda: fake)
    return fake


def journal(*entries: Entry) -> None:
    Journal(Run("lab-docker-first")).replace_entries(list(entries))


@pytest.mark.parametrize(
    ("entry", "found", "line"),
    [
        (Entry("service", "s1"), {"Spec": {"Name": "shop"}}, "service shop"),
        (
            Entry("container", "c1"),
            {"Name": "/web", "State": {"Status": "running"}},
            "container web (running)",
        ),
        (Entry("network", "n1"), {"Name": "shop"}, "network shop"),
        (Entry("volume", "orders"), {"Name": "orders"}, "volume orders"),
        (Entry("tag", "shop:1"), {}, "image shop:1"),
        (
            Entry("image", "sha256:0123456789abcdef"),
            {"RepoTags": []},
            "image 0123456789ab (without a name)",
        ),
    ],
)
def test_each_kind_of_thing_in_words(engine: Engine, entry: Entry, found, line: str) -> None:
    journal(entry)
    engine.there[entry.identity] = found
    assert created_resources.describe_created_resources(LAB) == [line]
    assert engine.closed


def test_image_with_a_name_is_told_by_its_name_alone(engine: Engine) -> None:
    journal(Entry("image", "sha256:1"), Entry("tag", "shop:1"))
    engine.there = {"sha256:1": {"RepoTags": ["shop:1"]}, "shop:1": {}}
    assert created_resources.describe_created_resources(LAB) == ["image shop:1"]


@pytest.mark.parametrize("kind", ["container", "network", "volume", "tag", "image"])
def test_what_is_gone_is_not_told(engine: Engine, kind: str) -> None:
    journal(Entry(kind, "gone"))
    assert created_resources.describe_created_resources(LAB) == []


def test_without_a_journal_no_engine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "open_client", lambda: pytest.fail("asked"))
    assert created_resources.list_entries(LAB) == []
    assert created_resources.describe_created_resources(LAB) == []


def test_engine_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise CouldNotFindOut("No Docker Engine answers.")

    journal(Entry("volume", "orders"))
    monkeypatch.setattr(connection, "open_client", away)
    with pytest.raises(CouldNotFindOut):
        created_resources.describe_created_resources(LAB)
    assert created_resources.list_entries(LAB) == [Entry("volume", "orders")]


def test_removing_uses_the_recorder_of_the_labs_run(monkeypatch: pytest.MonkeyPatch) -> None:
    adopted: list[Run] = []

    def adopt(run: Run) -> SimpleNamespace:
        adopted.append(run)
        return SimpleNamespace(remove=lambda: ["volume orders is in use"])

    monkeypatch.setattr(recorder, "Recorder", adopt)
    assert created_resources.remove_created_resources(LAB) == ["volume orders is in use"]
    assert adopted == [Run("lab-docker-first")]


def test_what_is_in_the_emulator_of_a_lab_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_ecs, "list_contents", lambda: ["cluster bakery"])
    monkeypatch.setattr(local_ecs, "has_begun", lambda run: "first" in run.name)
    assert created_resources.describe_created_resources("docker/first") == ["cluster bakery"]
    assert created_resources.describe_created_resources("docker/other") == []


@pytest.mark.parametrize(
    ("engine", "known", "kept"),
    [
        ("docker", (), True),
        ("kind", ("ecs",), False),
        ("kind", ("kind",), True),
        ("ecs", ("kind",), False),
        ("ecs", ("ecs",), True),
        ("ecs, kind", ("ecs",), False),
        ("ecs, kind", ("ecs", "kind"), True),
    ],
)
def test_a_labs_beginning_is_kept_where_each_of_its_engines_knows_of_it(
    monkeypatch: pytest.MonkeyPatch, engine: str, known: tuple[str, ...], kept: bool
) -> None:
    monkeypatch.setattr(cluster_snapshot, "has_snapshot", lambda name: "kind" in known)
    monkeypatch.setattr(local_ecs, "has_begun", lambda name: "ecs" in known)
    lab: Any = SimpleNamespace(id=LAB, engine=engine)
    assert created_resources.is_beginning_known(lab) is kept
