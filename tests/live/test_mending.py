"""A cluster that was taken apart is whole again, whichever part of it is missing."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from checker.engines import docker, kind

pytestmark = pytest.mark.live

CONTROL_PLANE = kind.CONTROL_PLANE
KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
BREAK = {
    "scheduler": (CONTROL_PLANE, "mv /etc/kubernetes/manifests/kube-scheduler.yaml /root/"),
    "static Pod too many": (
        CONTROL_PLANE,
        "cp /etc/kubernetes/manifests/kube-scheduler.yaml /etc/kubernetes/manifests/extra.yaml",
    ),
    "kubelet": ("course-worker", "systemctl stop kubelet"),
    "container runtime": ("course-worker", "systemctl stop containerd"),
    "kube-proxy": (CONTROL_PLANE, f"{KUBECTL} -n kube-system delete daemonset kube-proxy"),
    "DNS scaled away": (
        CONTROL_PLANE,
        f"{KUBECTL} -n kube-system scale deployment coredns --replicas=0",
    ),
}


def inside(node: str, script: str) -> None:
    command = ["docker", "exec", node, "bash", "-c", script]
    subprocess.run(command, env=docker.environment(), check=True, capture_output=True, timeout=60)


@pytest.fixture(autouse=True)
def cluster() -> Iterator[None]:
    kind.ensure()
    yield
    kind.mend()


@pytest.mark.parametrize("what", BREAK)
def test_what_is_missing_is_noticed_and_mended_in_time(what: str) -> None:
    inside(*BREAK[what])
    started = time.monotonic()
    kind.mend()
    assert time.monotonic() - started < 45
    assert kind.is_ready()
    assert kind.pristine.is_intact(kind.nodes())


def test_whole_cluster_is_left_alone() -> None:
    before = _started()
    kind.mend()
    assert _started() == before


def test_lost_etcd_comes_from_the_backup() -> None:
    stop = "mv /etc/kubernetes/manifests/etcd.yaml /root/ && pkill -KILL -x etcd"
    inside(CONTROL_PLANE, f"{stop}; rm -rf /var/lib/etcd/member")
    kind.mend()
    assert kind.is_ready()
    assert kind.pristine.is_intact(kind.nodes())


def test_machine_that_was_rebooted_has_its_cluster_again() -> None:
    subprocess.run(
        ["docker", "stop", "-t", "1", *kind.nodes()],
        env=docker.environment(),
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert not kind.is_ready()
    kind.ensure()
    assert kind.is_ready()


def _started() -> list[str]:
    command = ["docker", "inspect", "--format", "{{.State.StartedAt}}", *kind.nodes()]
    done = subprocess.run(
        command, env=docker.environment(), check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.split()
