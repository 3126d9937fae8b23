"""What a page or lab needs is there, and what it makes is removed: in engine and cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker import docker_engine, journal
from checker.images import provider
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import cluster_files, cluster_snapshot, kind_cluster, orchestrator
from checker.orchestrators.swarm import swarm_mode
from checker.sandbox import session


def page() -> Run:
    return Run("page")


APART = ["pause recording", "mend", "remove from cluster", "go on recording"]


class Scene:
    """Engine, images, cluster and both records, as a list of what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.kept: set[str] = set()
        self.stuck: list[str] = []

    def __call__(self, run: Run) -> Scene:
        return self

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.asked.append("stop recording")

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        self.asked.append("pause recording")
        yield
        self.asked.append("go on recording")

    def remove(self) -> list[str]:
        self.asked.append("remove from engine")
        return ["container a: stuck"] if self.stuck else []

    def remove_created(self, run: Run, api: object) -> list[str]:
        self.asked.append("remove from cluster")
        return self.stuck


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Scene:
    fake = Scene()
    ask = fake.asked.append
    monkeypatch.setattr(docker_engine, "ensure_engine", lambda: ask("engine"))
    monkeypatch.setattr(provider, "ensure_images", lambda names: ask(f"images {' '.join(names)}"))
    monkeypatch.setattr(swarm_mode, "ensure_swarm", lambda: ask("swarm"))
    monkeypatch.setattr(kind_cluster, "ensure_cluster", lambda: ask("cluster"))
    monkeypatch.setattr(kind_cluster, "load_images", lambda names: ask(f"load {' '.join(names)}"))
    monkeypatch.setattr(kind_cluster, "mend_cluster", lambda: ask("mend"))
    monkeypatch.setattr(local_ecs, "has_begun", lambda run: False)
    monkeypatch.setattr(cluster_files, "kubeconfig_file", lambda: tmp_path / "config")
    api = SimpleNamespace(close=lambda: None, metadata=lambda path: [])
    monkeypatch.setattr(orchestrator, "Api", lambda path: api)
    monkeypatch.setattr(session, "Recorder", fake)
    monkeypatch.setattr(cluster_snapshot, "has_snapshot", lambda run: run.name in fake.kept)
    monkeypatch.setattr(cluster_snapshot, "take_snapshot", lambda run, api: fake.kept.add(run.name))
    monkeypatch.setattr(
        cluster_snapshot, "forget_snapshot", lambda run: fake.kept.discard(run.name)
    )
    monkeypatch.setattr(cluster_snapshot, "remove_created_objects", fake.remove_created)
    return fake


def test_swarm_comes_after_engine_and_images(made: Scene) -> None:
    session.ensure_engines("swarm", ["nginx:1.26"])
    assert made.asked == ["engine", "images nginx:1.26", "swarm"]


def test_docker_needs_engine_and_images(made: Scene) -> None:
    session.ensure_engines("docker", ["nginx:1.26"])
    assert made.asked == ["engine", "images nginx:1.26"]


def test_cluster_gets_the_images_into_its_nodes_but_not_the_nodes_own(made: Scene) -> None:
    session.ensure_engines("kind", ["nginx:1.26", kind_cluster.IMAGE])
    assert made.asked == ["engine", "images nginx:1.26", "cluster", "load nginx:1.26"]


def test_nothing_is_needed_where_nothing_runs(made: Scene) -> None:
    session.ensure_engines("none", ["nginx:1.26"])
    with session.record_run(page(), "none") as clean:
        assert clean() == []
    assert made.asked == []


def test_what_this_run_left_when_it_was_killed_is_removed_first(made: Scene) -> None:
    made.kept.add("page")
    with session.record_run(page(), "kind"):
        assert made.asked == [*APART, "remove from engine"]


def test_what_other_killed_runs_left_is_removed_before(
    made: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "list_killed_runs", lambda: [Run("other"), Run("docker-only")])
    made.kept.add("other")
    with session.record_run(page(), "docker"):
        removed = ["mend", "remove from cluster", "remove from engine", "remove from engine"]
        assert made.asked[: len(removed)] == removed
        assert made.kept == set()


def test_what_does_not_go_of_a_killed_run_is_told(
    made: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(journal, "list_killed_runs", lambda: [Run("other")])
    made.stuck = ["/api/v1/namespaces/bakery: held by somebody"]
    made.kept.add("other")
    with session.record_run(page(), "docker"):
        pass
    assert f"could not be removed: {made.stuck[0]}\n" in capsys.readouterr().err


def test_both_records_are_cleaned_as_often_as_wanted_and_forgotten_in_the_end(made: Scene) -> None:
    with session.record_run(page(), "kind") as clean:
        assert made.kept == {"page"}
        made.asked.clear()
        assert clean() == clean() == []
        assert made.asked.count("remove from cluster") == 2
    assert made.kept == set()


def test_in_a_cluster_that_was_made_anew_meanwhile_nothing_is_removed(
    made: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session.record_run(page(), "kind") as clean:
        made.asked.clear()
        monkeypatch.setattr(kind_cluster, "mend_cluster", made.kept.clear)
        assert clean() == []
        assert made.asked == ["pause recording", "go on recording", "remove from engine"]
        assert made.kept == {"page"}


def test_docker_page_never_asks_the_cluster(made: Scene) -> None:
    with session.record_run(page(), "docker") as clean:
        clean()
    assert "mend" not in made.asked


def test_what_does_not_go_is_told(made: Scene) -> None:
    with session.record_run(page(), "kind") as clean:
        made.stuck = ["/api/v1/namespaces/bakery: held by somebody"]
        assert clean() == [*made.stuck, "container a: stuck"]


def test_run_that_fails_keeps_its_record_for_the_next(made: Scene) -> None:
    with pytest.raises(CouldNotFindOut), session.record_run(page(), "kind"):
        raise CouldNotFindOut("The cluster does not answer.")
    assert made.kept == {"page"}
