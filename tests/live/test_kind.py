"""The cluster that a page or lab finds: ready, whole, and apart from the learner's own clusters."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker import connection, endpoint
from checker.images import golang, provider
from checker.orchestrators.kind import (
    cluster_files,
    cluster_snapshot,
    cluster_tools,
    host_limits,
    kind_cluster,
    node_images,
)
from checker.orchestrators.kind.kube_api import Api
from checker.orchestrators.registry import shell_environment
from checker.pages.parsing import fences
from checker.pages.running import validate
from tests.live import commands
from tests.live.commands import until

pytestmark = [pytest.mark.live, pytest.mark.kind]

BUSYBOX = "busybox:1.37"
kubectl = partial(commands.kubectl, timeout=90)
CLAIMS = "jsonpath={range .items[*]}{.spec.claimRef.namespace}/ {end}"
Object = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def cluster() -> None:
    kind_cluster.ensure_cluster()
    provider.ensure_images([BUSYBOX])
    node_images.load_into_nodes([BUSYBOX], kind_cluster.node_names())


def apply(namespace: str, *objects: Object) -> None:
    manifest = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(manifest))


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"t-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    account = ("serviceaccount/default", "-n", name)
    kubectl("wait", "--for=create", *account, "--timeout=60s")  # a Pod is refused before
    yield name
    kubectl("delete", "pods", "--all", "-n", name, "--grace-period=0", "--force", check=False)
    kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
    until(lambda: f"{name}/" not in kubectl("get", "pv", "-o", CLAIMS).output)


@pytest.fixture
def api() -> Iterator[Api]:
    with contextlib.closing(Api(cluster_files.kubeconfig_file())) as made:
        yield made


def pod(name: str, script: str, claim: str = "") -> Object:
    """A Pod that runs a script once, in an image that is only in the nodes."""
    container: Object = {
        "name": "main",
        "image": BUSYBOX,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", script],
    }
    spec: Object = {"restartPolicy": "Never", "containers": [container]}
    if claim:
        container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def output(namespace: str, wanted: Object) -> str:
    """What a Pod writes until it has ended well."""
    name = wanted["metadata"]["name"]
    apply(namespace, wanted)
    done = "--for=jsonpath={.status.phase}=Succeeded"
    kubectl("wait", f"pod/{name}", "-n", namespace, done, "--timeout=60s")
    return kubectl("logs", name, "-n", namespace).output


def test_all_nodes_are_ready_and_of_the_version_that_is_taught(api: Api) -> None:
    found = api.items("/api/v1/nodes")
    assert sorted(each["metadata"]["name"] for each in found) == kind_cluster.node_names()
    assert len(found) == host_limits.count_nodes()
    versions = {each["status"]["nodeInfo"]["kubeletVersion"] for each in found}
    assert {each.rpartition(".")[0] for each in versions} == {kind_cluster.IMAGE.rpartition(":")[2]}
    for each in found:
        conditions = {one["type"]: one["status"] for one in each["status"]["conditions"]}
        assert conditions["Ready"] == "True"


def test_kubectl_of_a_course_shell_is_of_the_same_version() -> None:
    found = json.loads(kubectl("version", "-o", "json").output)
    wanted = golang.find_program(cluster_tools.RECIPE, "kubernetes").version
    assert found["clientVersion"]["gitVersion"] == wanted
    server = found["serverVersion"]["gitVersion"]
    assert server.rpartition(".")[0] == wanted.rpartition(".")[0]


def test_status_tells_of_the_cluster() -> None:
    found = kind_cluster.cluster_status()
    assert found.running
    assert found.detail == f"{host_limits.count_nodes()} nodes"


def test_ready_cluster_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    kind_cluster.ensure_cluster()
    assert capsys.readouterr().err == ""


def test_what_nodes_use_can_be_asked() -> None:
    done = until(lambda: _ok(kubectl("top", "nodes", "--no-headers", check=False)), 90)
    assert isinstance(done, process.Completed)
    assert sorted(line.split()[0] for line in done.output.splitlines()) == kind_cluster.node_names()


def _ok(done: process.Completed) -> process.Completed | None:
    every = len(done.output.splitlines()) == host_limits.count_nodes()
    return done if done.status == 0 and every and "<unknown>" not in done.output else None


def test_claim_is_bound_once_a_pod_uses_it_and_keeps_its_data(namespace: str, api: Api) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Mi"}},
        },
    }
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/data"
    apply(namespace, claim)
    assert api.get(path)["status"]["phase"] == "Pending"
    output(namespace, pod("writer", "echo kept > /data/file", "data"))
    assert api.get(path)["status"]["phase"] == "Bound"
    kubectl("delete", "pod", "writer", "-n", namespace, "--grace-period=0")
    assert output(namespace, pod("reader", "cat /data/file", "data")) == "kept\n"


def test_dns_of_the_cluster_answers_in_a_pod(namespace: str, api: Api) -> None:
    address = api.get("/api/v1/namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    script = "nslookup kubernetes.default.svc.cluster.local"
    assert address in output(namespace, pod("asks", script))


def test_image_of_the_engine_runs_in_the_nodes_without_a_registry(namespace: str) -> None:
    assert output(namespace, pod("says", "echo here")) == "here\n"


def test_image_that_is_in_the_nodes_is_not_loaded_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = time.monotonic()
    node_images.load_into_nodes([BUSYBOX], kind_cluster.node_names())
    assert time.monotonic() - started < 3
    assert "Loading" not in capsys.readouterr().err


RUN = f"t-{uuid.uuid4().hex[:8]}"
LABELS = {"app": RUN}
DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": RUN},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": pod("", "sleep 600")["spec"] | {"restartPolicy": "Always"},
        },
    },
}
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": RUN},
    "spec": {"selector": LABELS, "ports": [{"port": 80}]},
}


@pytest.fixture
def run(api: Api) -> Iterator[Run]:
    """A run that is recorded; whatever it leaves is removed."""
    cluster_snapshot.take_snapshot(Run(RUN), api)
    yield Run(RUN)
    cluster_snapshot.remove_created_objects(Run(RUN), api)
    cluster_snapshot.forget_snapshot(Run(RUN))


def test_what_a_run_made_is_removed_in_seconds_and_nothing_else(
    namespace: str, api: Api, request: pytest.FixtureRequest
) -> None:
    apply(namespace, pod("before", "sleep 600"))
    before = {each for each in cluster_snapshot.list_objects(api) if "/t-" not in each.path}
    request.getfixturevalue("run")
    kubectl("create", "namespace", RUN)
    apply(RUN, DEPLOYMENT)
    apply("default", DEPLOYMENT, SERVICE)
    for each in (RUN, "default"):
        kubectl("rollout", "status", f"deployment/{RUN}", "-n", each, "--timeout=60s")
    started = time.monotonic()
    assert cluster_snapshot.remove_created_objects(Run(RUN), api) == []
    assert time.monotonic() - started < 5
    assert before <= cluster_snapshot.list_objects(api)
    assert api.find(f"/api/v1/namespaces/{namespace}/pods/before")
    assert api.find(f"/api/v1/namespaces/{RUN}") is None
    pods = api.items("/api/v1/namespaces/default/pods", labelSelector=f"app={RUN}")
    assert pods == []
    assert api.find(f"/api/v1/namespaces/default/services/{RUN}") is None


def test_namespace_that_does_not_go_is_told_with_what_holds_it(
    run: Run, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl("create", "namespace", RUN)
    held: Object = {"metadata": {"name": "bread", "finalizers": ["example.com/oven"]}}
    apply(RUN, {"apiVersion": "v1", "kind": "ConfigMap", **held})
    monkeypatch.setattr(cluster_snapshot, "GONE_SECONDS", 3.0)
    (line,) = cluster_snapshot.remove_created_objects(run, api)
    assert f"/api/v1/namespaces/{RUN}: held by" in line
    free = '{"metadata": {"finalizers": null}}'
    kubectl("-n", RUN, "patch", "configmap", "bread", "--type=merge", "-p", free)
    until(lambda: api.find(f"/api/v1/namespaces/{RUN}") is None)


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """The API server of another cluster, which nobody may ask."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


@pytest.fixture
def learners(tmp_path: Path, elsewhere: socket.socket, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The learner's own kubeconfig: another cluster, under the name that kind would take."""
    for name, folder in (("COURSE_CACHE", paths.cache()), ("COURSE_STATE", paths.state())):
        monkeypatch.setenv(name, str(folder))
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "kind-course",
                "cluster": {"server": f"http://127.0.0.1:{elsewhere.getsockname()[1]}"},
            }
        ],
        "users": [{"name": "kind-course", "user": {"token": "theirs"}}],
        "contexts": [
            {"name": "kind-course", "context": {"cluster": "kind-course", "user": "kind-course"}}
        ],
        "current-context": "kind-course",
    }
    own = tmp_path / ".kube" / "config"
    own.parent.mkdir()
    own.write_text(json.dumps(config, indent=4))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(own))
    return own


def test_learners_own_kubeconfig_is_neither_changed_nor_used(
    learners: Path, elsewhere: socket.socket
) -> None:
    before = (learners.read_bytes(), learners.stat().st_mtime_ns)
    kind_cluster.ensure_cluster()
    assert kind_cluster.cluster_status().running
    assert "course-control-plane" in kubectl("get", "nodes").output
    with contextlib.closing(Api(cluster_files.kubeconfig_file())) as api:
        assert api.items("/api/v1/nodes")
    assert (learners.read_bytes(), learners.stat().st_mtime_ns) == before
    with pytest.raises(TimeoutError):
        elsewhere.accept()


def test_cluster_of_the_same_name_that_is_anothers_is_never_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: _started(name) for name in kind_cluster.node_names()}
    monkeypatch.setenv("DOCKER_HOST", shell_environment()["DOCKER_HOST"])
    monkeypatch.setenv("COURSE_STATE", str(tmp_path))
    monkeypatch.setattr(endpoint, "daemon_host", lambda: "unix:///nowhere")
    for does in (kind_cluster.ensure_cluster, kind_cluster.reset_cluster):
        with pytest.raises(CouldNotFindOut, match="the course did not make"):
            does()
    kind_cluster.delete_cluster()
    assert {name: _started(name) for name in before} == before


def _started(node: str) -> str:
    with contextlib.closing(connection.open_client()) as client:
        return str(client.containers.get(node).attrs["State"]["StartedAt"])


@pytest.mark.parametrize(
    ("field", "status"), [("replicas", 0), ("replica", 1)], ids=["right", "unknown"]
)
def test_manifest_with_an_unknown_field_is_refused(field: str, status: int) -> None:
    manifest = json.loads(json.dumps(DEPLOYMENT))
    manifest["spec"][field] = 1
    words = ("apply", "--dry-run=server", "--validate=strict", "-f", "-")
    done = kubectl(*words, check=False, input=json.dumps(manifest))
    assert done.status == status
    assert ('unknown field "spec.replica"' in done.errors) == bool(status)


@pytest.mark.parametrize(
    ("version", "kind_of", "status"),
    [("discovery.k8s.io/v1", "EndpointSlice", 0), ("v1", "Endpoints", 1)],
    ids=["present", "deprecated"],
)
def test_manifest_of_a_page_in_a_deprecated_version_is_refused(
    tmp_path: Path, version: str, kind_of: str, status: int
) -> None:
    more = {"addressType": "IPv4", "endpoints": []} if kind_of == "EndpointSlice" else {}
    manifest = {"apiVersion": version, "kind": kind_of, "metadata": {"name": RUN}, **more}
    (tmp_path / "old.yaml").write_text(json.dumps(manifest))
    block = f'``` yaml {{ title="old.yaml" }}\n{json.dumps(manifest)}\n```\n'
    page = fences.parse_page(Path("p.md"), f"{block}\n``` console\n$ cat old.yaml\n...\n```\n")
    command = ["bash", "-c", validate.build_command(page.blocks[0], page.blocks, "kind")]
    done = process.run(command, timeout=60, cwd=tmp_path, env=shell_environment(), check=False)
    assert done.status == status
    assert ("deprecated" in done.errors) == bool(status)
