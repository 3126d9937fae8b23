"""What is new in a cluster is removed, and nothing that was there before."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.orchestrators.kind import cluster_snapshot, kind_cluster
from checker.orchestrators.kind.cluster_snapshot import Thing
from checker.orchestrators.kind.kube_api import ApiError, Object

RESOURCES = {
    "/api/v1": {"namespaces": False, "persistentvolumes": False, "nodes": False}
    | dict.fromkeys(
        ("pods", "services", "configmaps", "serviceaccounts", "events", "endpoints"), True
    ),
    "/apis/apps/v1": dict.fromkeys(("deployments", "replicasets", "statefulsets"), True),
    "/apis/batch/v1": {"jobs": True, "cronjobs": True},
    "/apis/example.com/v1": {"breads": True},
}
PODS = "/api/v1/namespaces/default/pods"
SETS = "/apis/apps/v1/namespaces/default/replicasets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


class Cluster:
    """A cluster in memory: objects by path, which are gone as soon as they are deleted.

    What belongs to another object stays, as if the garbage collector never came by; a namespace
    goes when it is finalized.
    """

    def __init__(self) -> None:
        self.uids = itertools.count(1)
        self.there: dict[str, Object] = {}
        self.graces: dict[str, int | None] = {}
        self.fails: dict[str, Exception] = {}
        self.stuck: set[str] = set()
        self.finalized: list[str] = []
        for name in ("default", "kube-system"):
            self.add(f"/api/v1/namespaces/{name}")
        self.add("/api/v1/nodes/course-control-plane")
        self.add("/api/v1/namespaces/kube-system/pods/etcd")

    def add(self, path: str, owner: str = "", api: str = "apps/v1", **rest: Any) -> str:
        metadata: Object = {"name": path.rsplit("/", 1)[1], "uid": str(next(self.uids)), **rest}
        if owner:
            kind_, name = owner.split("/")
            uid = next(
                (each["uid"] for key, each in self.there.items() if key.endswith(f"/{name}")), "-"
            )
            metadata["ownerReferences"] = [
                {"apiVersion": api, "kind": kind_, "name": name, "uid": uid}
            ]
        self.there[path] = metadata
        return path

    def get(self, path: str) -> Object:
        self._fail(path)
        if path == "/apis":
            groups = [each.removeprefix("/apis/") for each in RESOURCES if "apis" in each]
            return {"groups": [{"preferredVersion": {"groupVersion": each}} for each in groups]}
        verbs = ["create", "delete", "get", "list"]
        return {
            "resources": [
                {"name": "pods/log", "namespaced": True, "verbs": verbs},
                {"name": "componentstatuses", "namespaced": False, "verbs": verbs},
                {"name": "bindings", "namespaced": True, "verbs": ["create"]},
                *(
                    {"name": name, "namespaced": namespaced, "verbs": verbs}
                    for name, namespaced in RESOURCES[path].items()
                ),
            ]
        }

    def find(self, path: str) -> Object | None:
        self._fail(path)
        found = self.there.get(path)
        finalizers = {"spec": {"finalizers": ["kubernetes"]}} if _is_namespace(path) else {}
        return {"metadata": found, **finalizers} if found else None

    def metadata(self, path: str) -> list[Object]:
        self._fail(path)
        return [each for key, each in self.there.items() if key.rpartition("/")[0] == path]

    def delete(self, path: str, *, grace: int | None = None) -> None:
        self._fail(f"DELETE {path}")
        self.graces[path] = grace
        if path in self.there and not _is_namespace(path) and path not in self.stuck:
            del self.there[path]
        for item in [each for each in self.there if each.rpartition("/")[0] == path]:
            if item not in self.stuck:
                del self.there[item]

    def patch(self, path: str, body: Object) -> None:
        self._fail(f"PATCH {path}")
        self.there[path].update(body["metadata"])
        if not body["metadata"]["finalizers"]:
            self.stuck.discard(path)
            if "deletionTimestamp" in self.there[path]:
                del self.there[path]

    def put(self, path: str, body: Object) -> None:
        self._fail(f"PUT {path}")
        namespace = path.removesuffix("/finalize")
        assert not [each for each in self.there if each.startswith(f"{namespace}/")]
        assert body["metadata"]["name"] == namespace.rpartition("/")[2]
        assert body["spec"] == {}
        self.finalized.append(namespace)
        del self.there[namespace]

    def _fail(self, path: str) -> None:
        if path in self.fails:
            raise self.fails[path]


def _is_namespace(path: str) -> bool:
    return path.startswith("/api/v1/namespaces/") and path.count("/") == 4


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr(cluster_snapshot, "GONE_SECONDS", 0.05)
    monkeypatch.setattr(cluster_snapshot, "POLL_SECONDS", 0.01)
    cluster = Cluster()
    cluster_snapshot.keep("run", cluster)  # type: ignore[arg-type]
    return cluster


def made(api: Cluster) -> list[str]:
    return [each.path for each in cluster_snapshot.made("run", api)]  # type: ignore[arg-type]


def remove(api: Cluster) -> list[str]:
    return cluster_snapshot.remove_made("run", api)  # type: ignore[arg-type]


def test_thing_knows_its_kind_and_name() -> None:
    thing = Thing(f"{PODS}/web", "1")
    assert (thing.kind, thing.name) == ("pods", "web")


def test_nothing_new_is_nothing_made(api: Cluster) -> None:
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
def test_what_is_new_is_made_and_removed(api: Cluster, path: str) -> None:
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
def test_what_the_system_makes_by_itself_is_left(api: Cluster, path: str) -> None:
    api.add(path)
    assert made(api) == []
    assert remove(api) == []
    assert path in api.there


def test_what_belongs_to_another_object_is_not_made_by_hand(api: Cluster) -> None:
    api.add(f"{DEPLOYMENTS}/web")
    api.add(f"{PODS}/web-1", owner="Deployment/web")
    assert made(api) == [f"{DEPLOYMENTS}/web"]


def test_what_is_going_already_is_not_looked_at(api: Cluster) -> None:
    api.add(f"{PODS}/web", deletionTimestamp="2026-01-01T00:00:00Z")
    assert made(api) == []


def test_successor_of_the_same_name_is_new(api: Cluster) -> None:
    path = api.add(f"{PODS}/web")
    cluster_snapshot.forget("run")
    cluster_snapshot.keep("run", api)  # type: ignore[arg-type]
    assert made(api) == []
    api.add(path)
    assert made(api) == [path]


def test_killed_run_does_not_take_what_it_made_for_what_was_there(api: Cluster) -> None:
    api.add(f"{PODS}/web")
    cluster_snapshot.keep("run", api)  # type: ignore[arg-type]
    assert made(api) == [f"{PODS}/web"]


def test_run_that_is_over_has_made_nothing(api: Cluster) -> None:
    assert cluster_snapshot.is_kept("run")
    cluster_snapshot.forget("run")
    cluster_snapshot.forget("run")
    api.add(f"{PODS}/web")
    assert not cluster_snapshot.is_kept("run")
    assert made(api) == []


def test_record_that_cannot_be_read_removes_nothing(api: Cluster) -> None:
    cluster_snapshot._file("run").write_text("[[")
    api.add(f"{PODS}/web")
    assert remove(api) == []
    assert api.graces == {}


def test_runs_do_not_know_of_each_other(api: Cluster) -> None:
    api.add(f"{PODS}/web")
    cluster_snapshot.keep("other", api)  # type: ignore[arg-type]
    assert cluster_snapshot.made("other", api) == []  # type: ignore[arg-type]
    assert made(api) == [f"{PODS}/web"]
    assert {each.name for each in kind_cluster.folder().iterdir()} == {
        "before-run.json", "before-other.json"
    }  # fmt: skip


def test_all_of_a_new_namespace_goes_and_nobody_waits_for_its_pods(api: Cluster) -> None:
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


def test_what_makes_pods_goes_before_the_pods(api: Cluster) -> None:
    api.add("/api/v1/namespaces/new")
    api.add("/apis/apps/v1/namespaces/new/deployments/web")
    api.add("/api/v1/namespaces/new/pods/web-1")
    remove(api)
    order = list(api.graces)
    assert order.index("/apis/apps/v1/namespaces/new/deployments/web") < order.index(
        "/api/v1/namespaces/new/pods/web-1"
    )


def test_namespace_is_not_finished_over_what_is_held(api: Cluster) -> None:
    namespace = api.add("/api/v1/namespaces/new")
    api.stuck.add(api.add("/apis/example.com/v1/namespaces/new/breads/rye"))
    assert remove(api) == [f"{namespace}: held by kubernetes"]
    assert api.finalized == []


def test_pods_of_what_is_gone_are_not_waited_for(api: Cluster) -> None:
    api.add(f"{DEPLOYMENTS}/web")
    api.add(f"{SETS}/web-1", owner="Deployment/web")
    pod = api.add(f"{PODS}/web-1-a", owner="ReplicaSet/web-1")
    assert remove(api) == []
    assert api.graces[pod] == 0
    assert not [each for each in api.there if "web" in each]


def test_pods_of_what_was_there_before_stay(api: Cluster) -> None:
    api.add(f"{DEPLOYMENTS}/old")
    api.add(f"{SETS}/old-1", owner="Deployment/old")
    pod = api.add(f"{PODS}/old-1-a", owner="ReplicaSet/old-1")
    cluster_snapshot.forget("run")
    cluster_snapshot.keep("run", api)  # type: ignore[arg-type]
    api.add(f"{DEPLOYMENTS}/new")
    assert remove(api) == []
    assert pod in api.there
    assert f"{SETS}/old-1" in api.there


@pytest.mark.parametrize(
    ("owner", "version"),
    [("Node/course-worker", "v1"), ("Bakery/corner", "example.com/v1")],
    ids=["static Pod", "of a custom resource"],
)
def test_pods_of_owners_that_are_not_known_stay(api: Cluster, owner: str, version: str) -> None:
    pod = api.add(f"{PODS}/old", owner=owner, api=version)
    api.add(f"{DEPLOYMENTS}/new")
    assert remove(api) == []
    assert pod in api.there


def test_pods_made_by_hand_get_no_time_to_end_and_others_their_own(api: Cluster) -> None:
    pod, service = api.add(f"{PODS}/web"), api.add("/api/v1/namespaces/default/services/web")
    remove(api)
    assert (api.graces[pod], api.graces[service]) == (0, None)


def test_what_does_not_go_is_told_with_what_holds_it(api: Cluster) -> None:
    rye = api.add(f"{PODS}/rye", finalizers=["example.com/oven"])
    api.stuck |= {rye, api.add(f"{PODS}/toast")}
    assert remove(api) == [
        f"{rye}: held by example.com/oven",
        f"{PODS}/toast: it does not go",
    ]


@pytest.mark.parametrize("namespace", ["default", "shop"])
@pytest.mark.parametrize("going", [{}, {"deletionTimestamp": "now"}])
def test_service_of_a_cloud_controller_that_has_ended_goes(
    api: Cluster, namespace: str, going: Object
) -> None:
    if namespace != "default":
        api.add(f"/api/v1/namespaces/{namespace}")
    path = f"/api/v1/namespaces/{namespace}/services/web"
    api.stuck.add(api.add(path, finalizers=[cluster_snapshot.LOAD_BALANCER], **going))
    assert remove(api) == []
    assert path not in api.there


def test_finalizers_of_others_hold_a_service(api: Cluster) -> None:
    path = "/api/v1/namespaces/default/services/web"
    api.stuck.add(api.add(path, finalizers=["example.com/other", cluster_snapshot.LOAD_BALANCER]))
    assert remove(api) == [f"{path}: held by example.com/other"]


def test_service_that_was_there_keeps_its_load_balancer(api: Cluster) -> None:
    cluster_snapshot.forget("run")
    path = api.add(
        "/api/v1/namespaces/default/services/web", finalizers=[cluster_snapshot.LOAD_BALANCER]
    )
    cluster_snapshot.keep("run", api)  # type: ignore[arg-type]
    assert remove(api) == []
    assert api.there[path]["finalizers"] == [cluster_snapshot.LOAD_BALANCER]


def test_refused_removal_does_not_keep_the_rest(api: Cluster) -> None:
    held, other = api.add(f"{PODS}/a"), api.add(f"{PODS}/b")
    api.fails[f"DELETE {held}"] = ApiError(403, "forbidden")
    assert remove(api) == [f"{held}: it does not go"]
    assert other not in api.there


@pytest.mark.parametrize("status", [404, 503])
def test_group_whose_server_is_away_is_passed_over(api: Cluster, status: int) -> None:
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
    api: Cluster, path: str, error: Exception
) -> None:
    cluster_snapshot.forget("run")
    api.fails[path] = error
    with pytest.raises(CouldNotFindOut):
        cluster_snapshot.keep("run", api)  # type: ignore[arg-type]
    assert not cluster_snapshot.is_kept("run")
    api.fails.clear()
    assert remove(api) == []


@pytest.mark.parametrize(
    "path",
    ["/apis/example.com/v1/namespaces/new/breads", "PUT /api/v1/namespaces/new/finalize"],
    ids=["a kind that is gone", "finalizing"],
)
def test_namespace_that_cannot_be_hurried_is_waited_for(api: Cluster, path: str) -> None:
    namespace = api.add("/api/v1/namespaces/new")
    api.fails[path] = ApiError(404, "not found")
    assert remove(api) == [f"{namespace}: held by kubernetes"]
    assert namespace in api.graces
