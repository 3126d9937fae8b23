"""A cluster that was taken apart is whole again, whichever part of it is missing."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from checker.base import paths
from checker.base.run import Run
from checker.orchestrators.kind import kind_cluster
from checker.orchestrators.registry import shell_environment
from checker.orchestrators.swarm import swarm_mode
from checker.sandbox import session
from tests.live.commands import run

pytestmark = [pytest.mark.live, pytest.mark.kind]

CONTROL_PLANE = kind_cluster.CONTROL_PLANE
BUSYBOX = "busybox:1.37"
RUN = f"t-{uuid.uuid4().hex[:8]}"
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
GHOST = '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ghost"}}'
OTHER = (
    '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "course-worker2"},'
    ' "spec": {"providerID": "docker://course/course-worker2"}}'
)
BREAK = {
    "scheduler": (CONTROL_PLANE, "mv /etc/kubernetes/manifests/kube-scheduler.yaml /root/"),
    "static Pod too many": (
        CONTROL_PLANE,
        "cp /etc/kubernetes/manifests/kube-scheduler.yaml /etc/kubernetes/manifests/extra.yaml",
    ),
    "static Pod of a worker": (
        "course-worker2",
        "mkdir -p /etc/kubernetes/manifests; touch /etc/kubernetes/manifests/extra.yaml",
    ),
    "kubelet": ("course-worker", "systemctl stop kubelet"),
    "container runtime": ("course-worker", "systemctl stop containerd"),
    "kube-proxy": (CONTROL_PLANE, f"{KUBECTL} -n kube-system delete daemonset kube-proxy"),
    "how a kubelet is started": (
        "course-worker2",
        "sed -i 's#--provider-id=[^ ]*#--cloud-provider=external#'"
        " /var/lib/kubelet/kubeadm-flags.env",
    ),
    "Node without machine": (
        CONTROL_PLANE,
        f"echo '{GHOST}' | {KUBECTL} apply -f -",
    ),
    "Node of another cloud": (
        CONTROL_PLANE,
        f"{KUBECTL} delete node course-worker2; echo '{OTHER}' | {KUBECTL} apply -f -",
    ),
    "DNS scaled away": (
        CONTROL_PLANE,
        f"{KUBECTL} -n kube-system scale deployment coredns --replicas=0",
    ),
}


def inside(node: str, script: str) -> str:
    return run("docker", "exec", node, "bash", "-c", script).output


@pytest.fixture(autouse=True)
def cluster() -> Iterator[None]:
    kind_cluster.ensure_cluster()
    yield
    kind_cluster.mend_cluster()


@pytest.mark.parametrize("what", BREAK)
def test_what_is_missing_is_noticed_and_mended(what: str) -> None:
    inside(*BREAK[what])
    made = _made()
    kind_cluster.mend_cluster()
    assert _made() == made
    assert kind_cluster.is_ready()
    assert kind_cluster.control_plane_backup.is_intact(kind_cluster.node_names())
    for node in kind_cluster.node_names():
        assert inside(node, "systemctl is-active containerd kubelet") == "active\nactive\n"


def test_cluster_that_cannot_be_mended_is_made_anew_and_keeps_what_is_its_own() -> None:
    """All of its own objects are new to a run that began before."""
    kind_cluster.load_images([BUSYBOX])
    made = _made()
    with session.record_run(Run(RUN), "kind") as clean:
        inside(CONTROL_PLANE, "rm -rf /kind/pristine /etc/kubernetes/manifests/etcd.yaml")
        assert clean() == []
        assert _made() != made
        run("kubectl", "create", "namespace", RUN)
        assert clean() == []
    assert kind_cluster.is_ready()
    assert RUN not in run("kubectl", "get", "namespaces").output
    assert BUSYBOX in inside("course-worker", "ctr -n k8s.io images ls")


def test_what_a_killed_run_left_in_the_cluster_is_removed_before_another_begins() -> None:
    code = (
        "import os, signal, subprocess\n"
        "from checker.base.run import Run\n"
        "from checker.sandbox import session\n"
        f"with session.record_run(Run('{RUN}-killed'), 'kind'):\n"
        f"    subprocess.run(['kubectl', 'create', 'configmap', '{RUN}'], check=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**shell_environment(), "PYTHONPATH": str(paths.root())}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    there = ("kubectl", "get", "configmaps", "-o", "name")
    assert f"configmap/{RUN}\n" in run(*there).output
    with session.record_run(Run(RUN), "docker"):
        assert RUN not in run(*there).output


def test_whole_cluster_is_left_alone() -> None:
    before = _started()
    kind_cluster.mend_cluster()
    assert _started() == before


def test_lost_etcd_comes_from_the_backup() -> None:
    stop = "mv /etc/kubernetes/manifests/etcd.yaml /root/ && pkill -KILL -x etcd"
    inside(CONTROL_PLANE, f"{stop}; rm -rf /var/lib/etcd/member")
    kind_cluster.mend_cluster()
    assert kind_cluster.is_ready()
    assert kind_cluster.control_plane_backup.is_intact(kind_cluster.node_names())


def test_machine_that_was_rebooted_has_its_cluster_again() -> None:
    made = _made()
    _docker("stop", "-t", "1", *kind_cluster.node_names())
    assert not kind_cluster.is_ready()
    kind_cluster.ensure_cluster()
    assert kind_cluster.is_ready()
    assert _made() == made


@pytest.mark.parametrize("does", [kind_cluster.ensure_cluster, kind_cluster.mend_cluster])
def test_nodes_that_were_started_in_another_order_get_their_addresses_back(
    does: Callable[[], None],
) -> None:
    made, before = _made(), _addresses()
    in_order = sorted(before, key=before.__getitem__)
    _docker("stop", "-t", "1", *in_order)
    _docker("start", *reversed(in_order))
    assert _addresses() != before
    does()
    assert _addresses() == before
    assert kind_cluster.is_ready()
    assert kind_cluster.control_plane_backup.is_intact(kind_cluster.node_names())
    assert _made() == made


@pytest.mark.parametrize(
    "does", [kind_cluster.ensure_cluster, kind_cluster.mend_cluster, swarm_mode.leave_swarm]
)
def test_names_that_the_engine_forgot_with_its_swarm_are_known_again(
    does: Callable[[], None],
) -> None:
    """A kube-proxy or kubelet that starts anew would not find the API server."""
    made = _made()
    swarm_mode.ensure_swarm()
    if does is not swarm_mode.leave_swarm:
        _docker("swarm", "leave", "--force")
        assert not kind_cluster.cluster_nodes.can_find_each_other()
    does()
    swarm_mode.leave_swarm()
    assert kind_cluster.cluster_nodes.can_find_each_other()
    inside("course-worker", "systemctl restart kubelet")
    kind_cluster.ensure_cluster()
    assert _made() == made


def test_names_are_known_again_though_the_engine_is_in_another_swarm_by_now() -> None:
    """In a Swarm, a rename enters no name; the nodes are started again."""
    made = _made()
    swarm_mode.ensure_swarm()
    _docker("swarm", "leave", "--force")
    swarm_mode.ensure_swarm()
    assert not kind_cluster.cluster_nodes.can_find_each_other()
    kind_cluster.mend_cluster()
    assert kind_cluster.cluster_nodes.can_find_each_other()
    inside("course-worker", "systemctl restart kubelet")
    kind_cluster.ensure_cluster()
    assert _made() == made


def _started() -> list[str]:
    return _nodes("{{.State.StartedAt}}")


def _made() -> list[str]:
    """A cluster that could not be mended is made anew, of other containers."""
    return _nodes("{{.Id}}")


def _addresses() -> dict[str, str]:
    found = _nodes("{{.NetworkSettings.Networks.kind.IPAddress}}")
    return dict(zip(kind_cluster.node_names(), found, strict=True))


def _nodes(template: str) -> list[str]:
    return _docker("inspect", "--format", template, *kind_cluster.node_names()).output.split()


_docker = partial(run, "docker", timeout=120)
