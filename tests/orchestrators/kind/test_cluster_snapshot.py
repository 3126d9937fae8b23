"""What is new in a cluster is removed, and nothing that was there before."""

from __future__ import annotations

import pytest

from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.orchestrators.kind import cluster_files, cluster_snapshot
from checker.orchestrators.kind.cluster_snapshot import ObjectPath
from checker.orchestrators.kind.kube_api import ApiError, Object
from tests.orchestrators.kind.fake_api import DEPLOYMENTS, PODS, SETS, FakeApi


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    monkeypatch.setattr(cluster_snapshot, "GONE_SECONDS", 0.05)
    monkeypatch.setattr(cluster_snapshot, "POLL_SECONDS", 0.01)
    cluster = FakeApi()
    cluster_snapshot.take_snapshot(Run("run"), cluster)  # type: ignore[arg-type]
    return cluster


def made(api: FakeApi) -> list[str]:
    return [each.path for each in cluster_snapshot.find_created_objects(Run("run"), api)]  # type: ignore[arg-type]


def remove(api: FakeApi) -> list[str]:
    return cluster_snapshot.remove_created_objects(Run("run"), api)  # type: ignore[arg-type]


def test_thing_knows_its_kind_and_name() -> None:
    thing = ObjectPath(f"{PODS}/web", "1")
    assert (thing.kind, thing.name) == ("pods", "web")


def test_nothing_new_is_nothing_made(api: FakeApi) -> None:
    assert made(api) == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/new",
        "/api/v1/persistentvolumes/disk",
        f"{PODS}/web",
        f"{DEPLOYMENTS}/web",
        "/apis/batch/v1/namespaces/default/jobs/once",
        "/apis/example.com/v1/namespaces/default/breads/rye",
    ],
)
def test_what_is_new_is_made_and_removed(api: FakeApi, path: str) -> None:
    before = dict(api.there)
    api.add(path)
    assert made(api) == [path]
    assert remove(api) == []
    assert api.there == before


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nodes/new",
        "/api/v1/namespaces/default/events/new",
        "/api/v1/namespaces/default/endpoints/new",
        "/api/v1/namespaces/default/configmaps/kube-root-ca.crt",
        "/api/v1/namespaces/default/serviceaccounts/default",
        "/api/v1/namespaces/default/services/kubernetes",
        "/api/v1/namespaces/kube-system/pods/new",
        f"{SETS}/new",
    ],
)
def test_what_the_system_makes_by_itself_is_left(api: FakeApi, path: str) -> None:
    api.add(path)
    assert made(api) == []
    assert remove(api) == []
    assert path in api.there


def test_what_belongs_to_another_object_is_not_made_by_hand(api: FakeApi) -> None:
    api.add(f"{DEPLOYMENTS}/web")
    api.add(f"{PODS}/web-1", owner="Deployment/web")
    assert made(api) == [f"{DEPLOYMENTS}/web"]


def test_what_is_going_already_is_not_looked_at(api: FakeApi) -> None:
    api.add(f"{PODS}/web", deletionTimestamp="2026-01-01T00:00:00Z")
    assert made(api) == []


def test_successor_of_the_same_name_is_new(api: FakeApi) -> None:
    path = api.add(f"{PODS}/web")
    cluster_snapshot.forget_snapshot(Run("run"))
    cluster_snapshot.take_snapshot(Run("run"), api)  # type: ignore[arg-type]
    assert made(api) == []
    api.add(path)
    assert made(api) == [path]


def test_killed_run_does_not_take_what_it_made_for_what_was_there(api: FakeApi) -> None:
    api.add(f"{PODS}/web")
    cluster_snapshot.take_snapshot(Run("run"), api)  # type: ignore[arg-type]
    assert made(api) == [f"{PODS}/web"]


def test_run_that_is_over_has_made_nothing(api: FakeApi) -> None:
    assert cluster_snapshot.has_snapshot(Run("run"))
    cluster_snapshot.forget_snapshot(Run("run"))
    cluster_snapshot.forget_snapshot(Run("run"))
    api.add(f"{PODS}/web")
    assert not cluster_snapshot.has_snapshot(Run("run"))
    assert made(api) == []


def test_record_that_cannot_be_read_removes_nothing(api: FakeApi) -> None:
    cluster_files.snapshot_file(Run("run")).write_text("[[")
    api.add(f"{PODS}/web")
    assert remove(api) == []
    assert api.graces == {}


def test_runs_do_not_know_of_each_other(api: FakeApi) -> None:
    api.add(f"{PODS}/web")
    cluster_snapshot.take_snapshot(Run("other"), api)  # type: ignore[arg-type]
    assert cluster_snapshot.find_created_objects(Run("other"), api) == []  # type: ignore[arg-type]
    assert made(api) == [f"{PODS}/web"]
    assert {each.name for each in cluster_files.cluster_folder().iterdir()} == {
        "before-run.json", "before-other.json"
    }  # fmt: skip


def test_all_of_a_new_namespace_goes_and_nobody_waits_for_its_pods(api: FakeApi) -> None:
    base = "namespaces/new"
    api.add(f"/api/v1/{base}")
    api.add(f"/apis/apps/v1/{base}/deployments/web")
    api.add(f"/apis/apps/v1/{base}/replicasets/web-1", owner="Deployment/web")
    pod = api.add(f"/api/v1/{base}/pods/web-1-a", owner="ReplicaSet/web-1")
    api.add(f"/api/v1/{base}/configmaps/settings")
    assert remove(api) == []
    assert api.graces[pod] == 0
    assert api.finalized == ["/api/v1/namespaces/new"]
    assert not [each for each in api.there if f"{base}/" in each]


def test_what_makes_pods_goes_before_the_pods(api: FakeApi) -> None:
    api.add("/api/v1/namespaces/new")
    api.add("/apis/apps/v1/namespaces/new/deployments/web")
    api.add("/api/v1/namespaces/new/pods/web-1")
    remove(api)
    order = list(api.graces)
    assert order.index("/apis/apps/v1/namespaces/new/deployments/web") < order.index(
        "/api/v1/namespaces/new/pods/web-1"
    )


def test_namespace_is_not_finished_over_what_is_held(api: FakeApi) -> None:
    namespace = api.add("/api/v1/namespaces/new")
    api.stuck.add(api.add("/apis/example.com/v1/namespaces/new/breads/rye"))
    assert remove(api) == [f"{namespace}: held by kubernetes"]
    assert api.finalized == []


def test_pods_of_what_is_gone_are_not_waited_for(api: FakeApi) -> None:
    api.add(f"{DEPLOYMENTS}/web")
    api.add(f"{SETS}/web-1", owner="Deployment/web")
    pod = api.add(f"{PODS}/web-1-a", owner="ReplicaSet/web-1")
    assert remove(api) == []
    assert api.graces[pod] == 0
    assert not [each for each in api.there if "web" in each]


def test_pods_of_what_was_there_before_stay(api: FakeApi) -> None:
    api.add(f"{DEPLOYMENTS}/old")
    api.add(f"{SETS}/old-1", owner="Deployment/old")
    pod = api.add(f"{PODS}/old-1-a", owner="ReplicaSet/old-1")
    cluster_snapshot.forget_snapshot(Run("run"))
    cluster_snapshot.take_snapshot(Run("run"), api)  # type: ignore[arg-type]
    api.add(f"{DEPLOYMENTS}/new")
    assert remove(api) == []
    assert pod in api.there
    assert f"{SETS}/old-1" in api.there


@pytest.mark.parametrize(
    ("owner", "version"),
    [("Node/course-worker", "v1"), ("Bakery/corner", "example.com/v1")],
    ids=["static Pod", "of a custom resource"],
)
def test_pods_of_owners_that_are_not_known_stay(api: FakeApi, owner: str, version: str) -> None:
    pod = api.add(f"{PODS}/old", owner=owner, api=version)
    api.add(f"{DEPLOYMENTS}/new")
    assert remove(api) == []
    assert pod in api.there


def test_pods_made_by_hand_get_no_time_to_end_and_others_their_own(api: FakeApi) -> None:
    pod, service = api.add(f"{PODS}/web"), api.add("/api/v1/namespaces/default/services/web")
    remove(api)
    assert (api.graces[pod], api.graces[service]) == (0, None)


def test_what_does_not_go_is_told_with_what_holds_it(api: FakeApi) -> None:
    rye = api.add(f"{PODS}/rye", finalizers=["example.com/oven"])
    api.stuck |= {rye, api.add(f"{PODS}/toast")}
    assert remove(api) == [
        f"{rye}: held by example.com/oven",
        f"{PODS}/toast: it does not go",
    ]


@pytest.mark.parametrize("namespace", ["default", "shop"])
@pytest.mark.parametrize("going", [{}, {"deletionTimestamp": "now"}])
def test_service_of_a_cloud_controller_that_has_ended_goes(
    api: FakeApi, namespace: str, going: Object
) -> None:
    if namespace != "default":
        api.add(f"/api/v1/namespaces/{namespace}")
    path = f"/api/v1/namespaces/{namespace}/services/web"
    api.stuck.add(api.add(path, finalizers=[cluster_snapshot.LOAD_BALANCER], **going))
    assert remove(api) == []
    assert path not in api.there


def test_finalizers_of_others_hold_a_service(api: FakeApi) -> None:
    path = "/api/v1/namespaces/default/services/web"
    api.stuck.add(api.add(path, finalizers=["example.com/other", cluster_snapshot.LOAD_BALANCER]))
    assert remove(api) == [f"{path}: held by example.com/other"]


def test_service_that_was_there_keeps_its_load_balancer(api: FakeApi) -> None:
    cluster_snapshot.forget_snapshot(Run("run"))
    path = api.add(
        "/api/v1/namespaces/default/services/web", finalizers=[cluster_snapshot.LOAD_BALANCER]
    )
    cluster_snapshot.take_snapshot(Run("run"), api)  # type: ignore[arg-type]
    assert remove(api) == []
    assert api.there[path]["finalizers"] == [cluster_snapshot.LOAD_BALANCER]


def test_refused_removal_does_not_keep_the_rest(api: FakeApi) -> None:
    held, other = api.add(f"{PODS}/a"), api.add(f"{PODS}/b")
    api.fails[f"DELETE {held}"] = ApiError(403, "forbidden")
    assert remove(api) == [f"{held}: it does not go"]
    assert other not in api.there


@pytest.mark.parametrize("status", [404, 503])
def test_group_whose_server_is_away_is_passed_over(api: FakeApi, status: int) -> None:
    api.fails["/apis/example.com/v1"] = ApiError(status, "unavailable")
    api.add(f"{PODS}/web")
    assert made(api) == [f"{PODS}/web"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/v1", ApiError(503, "starting")),
        ("/apis/apps/v1", ApiError(429, "too many requests")),
        ("/apis/apps/v1", CouldNotFindOut("The cluster does not answer.")),
        ("/api/v1/namespaces", ApiError(500, "etcd")),
    ],
    ids=["core", "busy", "away", "list"],
)
def test_what_could_not_be_seen_is_never_taken_for_new(
    api: FakeApi, path: str, error: Exception
) -> None:
    cluster_snapshot.forget_snapshot(Run("run"))
    api.fails[path] = error
    with pytest.raises(CouldNotFindOut):
        cluster_snapshot.take_snapshot(Run("run"), api)  # type: ignore[arg-type]
    assert not cluster_snapshot.has_snapshot(Run("run"))
    api.fails.clear()
    assert remove(api) == []


@pytest.mark.parametrize(
    "path",
    ["/apis/example.com/v1/namespaces/new/breads", "PUT /api/v1/namespaces/new/finalize"],
    ids=["a kind that is gone", "finalizing"],
)
def test_namespace_that_cannot_be_hurried_is_waited_for(api: FakeApi, path: str) -> None:
    namespace = api.add("/api/v1/namespaces/new")
    api.fails[path] = ApiError(404, "not found")
    assert remove(api) == [f"{namespace}: held by kubernetes"]
    assert namespace in api.graces
