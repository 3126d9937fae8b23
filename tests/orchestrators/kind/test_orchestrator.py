"""The cluster as pages and labs ask for it: each method of the Protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker import connection
from checker.docker.connection import EngineStatus
from checker.orchestrators.kind import cluster_files, cluster_snapshot, kind_cluster, orchestrator
from checker.orchestrators.kind.orchestrator import ORCHESTRATOR
from tests.orchestrators.kind.fake_api import DEPLOYMENTS, PODS, FakeApi


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A cluster that works and needs no mending."""
    fake = FakeApi()
    monkeypatch.setattr(orchestrator, "Api", lambda kubeconfig: fake)
    monkeypatch.setattr(kind_cluster, "mend_cluster", lambda: None)
    monkeypatch.setattr(kind_cluster, "node_names", lambda: ["course-control-plane"])
    monkeypatch.setattr(cluster_snapshot, "GONE_SECONDS", 0.05)
    monkeypatch.setattr(cluster_snapshot, "POLL_SECONDS", 0.01)
    return fake


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kubeconfig: Path) -> None:
        raise CouldNotFindOut("There is no cluster.")

    monkeypatch.setattr(orchestrator, "Api", refuse)


def engine(monkeypatch: pytest.MonkeyPatch, running: bool) -> None:
    status = EngineStatus("docker", running, "26", "")
    monkeypatch.setattr(connection, "engine_status", lambda: status)


def test_it_is_made_ready_before_it_gets_images(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(kind_cluster, "ensure_cluster", lambda: asked.append("cluster"))
    monkeypatch.setattr(kind_cluster, "load_images", asked.append)
    ORCHESTRATOR.ensure(["nginx:1.26"])
    assert asked == ["cluster", ["nginx:1.26"]]


def test_its_status_is_that_of_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    found = EngineStatus("kind", True, "v1.37.2", "3 nodes")
    monkeypatch.setattr(kind_cluster, "cluster_status", lambda: found)
    assert ORCHESTRATOR.status() == found


def test_its_version_is_that_of_the_api_server(api: FakeApi) -> None:
    assert ORCHESTRATOR.version() == "v1.37.2"
    assert api.closed == 1


def test_without_a_cluster_there_is_no_version(away: None) -> None:
    assert ORCHESTRATOR.version() == ""


def test_shells_get_its_kubeconfig_and_tools_and_nothing_is_created_for_that() -> None:
    assert ORCHESTRATOR.environment() == {"KUBECONFIG": str(paths.state() / "kubernetes/config")}
    assert ORCHESTRATOR.programs() == [paths.cache() / "engines/kubernetes"]
    assert not ORCHESTRATOR.is_misleading("KUBECONFIG")
    ORCHESTRATOR.write_settings()
    assert not paths.state().exists()
    assert not paths.cache().exists()


def test_what_came_since_a_run_began_is_created_by_it(api: FakeApi) -> None:
    run = Run("page")
    api.add(f"{PODS}/old")
    assert not ORCHESTRATOR.has_begun(run)
    assert ORCHESTRATOR.created(run) == []
    ORCHESTRATOR.begin(run)
    assert ORCHESTRATOR.has_begun(run)
    assert not ORCHESTRATOR.has_begun(Run("lab"))
    api.add(f"{PODS}/web")
    api.add(f"{DEPLOYMENTS}/web")
    assert ORCHESTRATOR.created(run) == ["pods/web", "deployments/web"]
    assert api.closed == 2


def test_run_that_begins_again_begins_with_what_is_there_now(api: FakeApi) -> None:
    ORCHESTRATOR.begin(Run("page"))
    api.add(f"{PODS}/web")
    ORCHESTRATOR.begin(Run("page"))
    assert ORCHESTRATOR.created(Run("page")) == []


def test_what_a_run_created_is_removed_and_what_does_not_go_is_told(api: FakeApi) -> None:
    old = api.add(f"{PODS}/old")
    ORCHESTRATOR.begin(Run("page"))
    api.add(f"{PODS}/web")
    api.stuck.add(api.add(f"{PODS}/toast"))
    assert ORCHESTRATOR.clean(Run("page")) == [f"{PODS}/toast: it does not go"]
    assert [each for each in api.there if "default/pods" in each] == [old, f"{PODS}/toast"]
    assert ORCHESTRATOR.has_begun(Run("page"))


def test_cluster_is_mended_before_objects_are_removed(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    ORCHESTRATOR.begin(Run("page"))
    monkeypatch.setattr(kind_cluster, "mend_cluster", lambda: api.there.pop(f"{PODS}/web"))
    api.add(f"{PODS}/web")
    assert ORCHESTRATOR.clean(Run("page")) == []
    assert api.graces == {}


def test_nodes_without_a_machine_are_removed_before_it_is_mended(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, depot = "/api/v1/nodes/course-control-plane", api.add("/api/v1/nodes/depot")
    ORCHESTRATOR.begin(Run("page"))
    monkeypatch.setattr(kind_cluster, "mend_cluster", lambda: seen.append(set(api.there)))
    seen: list[set[str]] = []
    assert ORCHESTRATOR.clean(Run("page")) == []
    assert machine in seen[0]
    assert depot not in seen[0]


def test_in_a_cluster_that_was_created_again_nothing_is_the_runs(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    ORCHESTRATOR.begin(Run("page"))
    api.add(f"{PODS}/web")
    monkeypatch.setattr(kind_cluster, "mend_cluster", cluster_files.forget_cluster)
    assert ORCHESTRATOR.clean(Run("page")) == []
    assert f"{PODS}/web" in api.there
    assert ORCHESTRATOR.has_begun(Run("page"))
    assert ORCHESTRATOR.created(Run("page")) == []


def test_run_that_never_began_touches_no_cluster(
    away: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind_cluster, "mend_cluster", lambda: pytest.fail("mended"))
    assert ORCHESTRATOR.clean(Run("page")) == []


def test_run_that_is_over_is_forgotten(api: FakeApi) -> None:
    ORCHESTRATOR.begin(Run("page"))
    ORCHESTRATOR.forget(Run("page"))
    ORCHESTRATOR.forget(Run("page"))
    api.add(f"{PODS}/web")
    assert not ORCHESTRATOR.has_begun(Run("page"))
    assert ORCHESTRATOR.created(Run("page")) == []


class Watched:
    """A cluster in which one thing happens, and then nothing more."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = 0

    def get(self, path: str, limit: int) -> dict[str, Any]:
        self.asked.append(path)
        return {"metadata": {"resourceVersion": "7"}}

    def watch(self, path: str, seconds: float, resourceVersion: str) -> Iterator[dict[str, Any]]:
        assert resourceVersion == "7"
        yield {"type": "ADDED", "object": {}}
        raise CouldNotFindOut("The cluster does not answer.")

    def close(self) -> None:
        self.closed += 1


def test_what_changes_in_the_cluster_is_noticed_also_after_it_went_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Watched()
    monkeypatch.setattr(orchestrator, "Api", lambda kubeconfig: cluster)
    follow = ORCHESTRATOR.changes()[orchestrator.COLLECTIONS.index("/api/v1/pods")]
    events: list[str] = []
    for _ in range(2):
        with pytest.raises(CouldNotFindOut):
            events.extend(follow())  # what came before the error is in the list
        assert cluster.closed == len(cluster.asked)
    assert events == ["/api/v1/pods ADDED"] * 2


def test_every_collection_is_followed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Watched()
    monkeypatch.setattr(orchestrator, "Api", lambda kubeconfig: cluster)
    events = [next(follow()) for follow in ORCHESTRATOR.changes()]
    assert events == [f"{path} ADDED" for path in orchestrator.COLLECTIONS]


POD = "apiVersion: v1\nkind: Pod"


@pytest.mark.parametrize("content", [POD, f"{POD}\n---\n{POD}", f"---\n{POD}\n---"])
def test_a_manifest_is_validated_strictly_by_the_cluster(content: str) -> None:
    assert orchestrator.is_manifest(content)
    found = ORCHESTRATOR.validation(PurePosixPath("my pod.yaml"), content)
    assert found.startswith("kubectl apply --dry-run=server --validate=strict -f 'my pod.yaml'")
    assert found.endswith("--warnings-as-errors > /dev/null")


@pytest.mark.parametrize(
    ("title", "content"),
    [
        ("pod.txt", POD),
        ("values.yaml", "replicas: 3"),
        ("both.yaml", f"{POD}\n---\na: 1"),
        ("empty.yaml", ""),
        ("list.yaml", "- apiVersion\n- kind"),
    ],
)
def test_what_is_no_manifest_is_not(title: str, content: str) -> None:
    assert ORCHESTRATOR.validation(PurePosixPath(title), content) == ""


@pytest.mark.parametrize("running", [True, False])
def test_cluster_is_deleted_where_there_is_an_engine(
    monkeypatch: pytest.MonkeyPatch, running: bool
) -> None:
    deleted: list[bool] = []
    engine(monkeypatch, running)
    monkeypatch.setattr(kind_cluster, "delete_cluster", lambda: deleted.append(True))
    ORCHESTRATOR.stop()
    assert deleted == [True] * running
