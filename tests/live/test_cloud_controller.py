"""The cloud controller's Services, against the real cluster and the real engine."""

from __future__ import annotations

import json
import random
import re
import socket
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from checker.orchestrators.kind import kind_cluster
from tests.live.commands import until
from tests.live.conftest import (
    FINALIZER,
    WITHIN,
    Controller,
    address,
    addresses,
    answer,
    answering,
    balancers,
    configuration,
    fetch,
    kubectl,
    look,
    make,
    node_ports,
    reasons,
    remove,
    run,
    sweep,
)
from tests.live.going_engine import engine_that_can_go

pytestmark = [pytest.mark.live, pytest.mark.kind]

MANY_SECONDS = 200.0


@pytest.fixture(autouse=True)
def swept(namespace: str) -> Iterator[None]:
    """What a test leaves that failed must not fail the next ones."""
    yield
    sweep(namespace)


def test_service_gets_a_load_balancer_that_answers_and_goes(
    controller: Controller, namespace: str
) -> None:
    make(namespace, "one")
    answering(namespace, "one")
    service = look(namespace, "one")
    assert service["metadata"]["finalizers"] == [FINALIZER]
    until(lambda: {"EnsuringLoadBalancer", "EnsuredLoadBalancer"} <= reasons(namespace, "one"))
    assert balancers(namespace) == [f"course-lb.{namespace}.one"]
    remove(namespace, "one")
    assert balancers(namespace) == []
    until(lambda: "DeletedLoadBalancer" in reasons(namespace, "one"))
    assert controller.stop() == 0


def test_it_follows_pods_ports_affinity_and_type(controller: Controller, namespace: str) -> None:
    make(namespace, "two")
    answering(namespace, "two")
    until(lambda: len({answer(namespace, "two") for _ in range(20)} - {""}) == 2)
    kubectl("scale", "deployment/web", "-n", namespace, "--replicas=3")
    kubectl("rollout", "status", "deployment/web", "-n", namespace, "--timeout=90s")
    until(lambda: len({answer(namespace, "two") for _ in range(30)} - {""}) == 3)

    make(namespace, "two", sessionAffinity="ClientIP")
    until(lambda: "balance source" in configuration(namespace, "two"))
    until(lambda: len({answer(namespace, "two") for _ in range(20)}) == 1)

    second = {"name": "more", "port": 8080, "targetPort": 80}
    make(namespace, "two", ports=[{"name": "http", "port": 80}, second])
    until(lambda: answer(namespace, "two", port=1))
    make(namespace, "two")
    until(lambda: "bind :8080" not in configuration(namespace, "two"))
    answering(namespace, "two")

    make(namespace, "two", type="ClusterIP")
    until(lambda: not balancers(namespace))
    until(lambda: "finalizers" not in look(namespace, "two")["metadata"])
    assert address(namespace, "two") == ""
    remove(namespace, "two")


def test_what_is_not_for_it_is_refused_or_left_alone(
    controller: Controller, namespace: str
) -> None:
    make(namespace, "udp", ports=[{"port": 53, "protocol": "UDP"}])
    make(namespace, "other", loadBalancerClass="example.org/other")
    make(namespace, "ours", loadBalancerClass="course.cloud/docker")
    answering(namespace, "ours")
    until(lambda: "SyncLoadBalancerFailed" in reasons(namespace, "udp"))
    assert balancers(namespace) == [f"course-lb.{namespace}.ours"]
    assert reasons(namespace, "other") == set()
    remove(namespace, "udp", "other", "ours")


@pytest.mark.parametrize("how", [("kill",), ("rm", "-f"), ("pause",)])
def test_load_balancer_that_is_lost_comes_back_at_its_place(
    controller: Controller, namespace: str, how: tuple[str, ...]
) -> None:
    make(namespace, "lost")
    answering(namespace, "lost")
    before = (address(namespace, "lost"), look(namespace, "lost")["spec"]["ports"])
    run("docker", *how, f"course-lb.{namespace}.lost")
    until(lambda: answer(namespace, "lost"))
    assert (address(namespace, "lost"), look(namespace, "lost")["spec"]["ports"]) == before
    remove(namespace, "lost")


def test_killed_at_any_moment_it_loses_and_doubles_nothing(
    controller: Controller, namespace: str
) -> None:
    names = [f"k{number}" for number in range(4)]
    moments = random.Random(7)
    make(namespace, *names)
    for _ in range(4):
        time.sleep(moments.uniform(0.3, 1.5))
        controller.kill()
        controller.start()
    for name in names:
        answering(namespace, name)
    assert balancers(namespace) == [f"course-lb.{namespace}.{name}" for name in names]
    kubectl("delete", "services", "-n", namespace, *names, "--wait=false")
    for _ in range(3):
        time.sleep(moments.uniform(0.3, 1.5))
        controller.kill()
        controller.start()
    until(lambda: not balancers(namespace))
    until(lambda: not any(look(namespace, name) for name in names))


def test_orphan_is_removed_at_the_start(controller: Controller, namespace: str) -> None:
    make(namespace, "orphan")
    answering(namespace, "orphan")
    controller.kill()
    bare = '{"metadata":{"finalizers":null}}'
    kubectl("patch", "service", "orphan", "-n", namespace, "-p", bare)
    remove(namespace, "orphan")
    assert balancers(namespace)
    controller.start()
    until(lambda: not balancers(namespace))


@pytest.mark.timeout(600)
def test_fifty_services_at_once(
    controller: Controller, namespace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"m{number:02}" for number in range(50)]
    began = time.monotonic()
    make(namespace, *names)
    everyone = {f"course-lb.{namespace}.{name}" for name in names}
    until(lambda: set(balancers(namespace)) == everyone, MANY_SECONDS)
    found = until(lambda: complete(addresses(namespace), 50), MANY_SECONDS)
    made = time.monotonic() - began
    ports = node_ports(namespace)
    for name in names:
        until(partial(fetch, ports[name]))
    with capsys.disabled():
        print(f" 50 load balancers: made in {made:.0f} s, answer ", end="")
        print(f"after {time.monotonic() - began:.0f} s", end=" ")
    assert len(set(found.values())) == 50
    assert set(balancers(namespace)) == everyone
    remove(namespace, *names, seconds=MANY_SECONDS)
    assert balancers(namespace) == []


def complete(found: dict[str, str], count: int) -> dict[str, str]:
    """What is found, once everyone has something."""
    return found if len(found) == count and all(found.values()) else {}


def pod_of_its_own(namespace: str) -> tuple[str, str]:
    """A Pod that no other shares its label `alone` with, and its node."""
    pods = json.loads(kubectl("get", "pods", "-n", namespace, "-l", "app=web", "-o", "json"))
    pod = next(each for each in pods["items"] if "deletionTimestamp" not in each["metadata"])
    name = pod["metadata"]["name"]
    kubectl("label", "pod", name, "-n", namespace, "alone=yes", "--overwrite")
    return name, pod["spec"]["nodeName"]


def down(log: str) -> set[str]:
    """The machines of which HAProxy said last that they are down.

    Before kube-proxy has heard of a Service, the machine with its Pod is down as well.
    """
    last = re.findall(r"/(\S+) is (UP|DOWN)", log)
    return {name for name, word in dict(last).items() if word == "DOWN"}


def test_with_local_policy_only_the_machine_with_the_pod_gets_traffic(
    controller: Controller, namespace: str
) -> None:
    pod, machine = pod_of_its_own(namespace)
    make(namespace, "local", externalTrafficPolicy="Local", selector={"alone": "yes"})
    answering(namespace, "local")
    health = look(namespace, "local")["spec"]["healthCheckNodePort"]
    assert f"check port {health} " in configuration(namespace, "local")
    container = f"{kind_cluster.NAME}-lb.{namespace}.local"
    others = {
        each
        for each in kind_cluster.node_names()
        if each != machine and "control-plane" not in each
    }
    until(lambda: down(run("docker", "logs", container).output) & {*others, machine} == others)
    assert {answer(namespace, "local") for _ in range(10)} == {pod}
    remove(namespace, "local")


def test_connection_outlives_a_change_of_the_configuration(
    controller: Controller, namespace: str
) -> None:
    make(namespace, "kept")
    answering(namespace, "kept")
    port = node_ports(namespace)["kept"]
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN) as connection:
        first = ask(connection)
        make(namespace, "kept", sessionAffinity="ClientIP")
        until(lambda: "UpdatedLoadBalancer" in reasons(namespace, "kept"))
        assert "balance source" in configuration(namespace, "kept")
        assert ask(connection) == first
    answering(namespace, "kept")
    remove(namespace, "kept")


def ask(connection: socket.socket) -> str:
    """The answer of nginx on a connection that stays open: the Pod's name, on the last line."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: web\r\n\r\n")
    found = b""
    while not found.partition(b"\r\n\r\n")[2].endswith(b"\n"):
        found += (more := connection.recv(4096))
        assert more, f"the connection was closed after {found!r}"
    assert found.startswith(b"HTTP/1.1 200 ")
    return found.decode().splitlines()[-1]


def test_load_balancers_that_are_restarted_together_all_come_back(
    controller: Controller, namespace: str
) -> None:
    names = ["r1", "r2", "r3"]
    make(namespace, *names)
    for name in names:
        answering(namespace, name)
    before = balancers(namespace)
    run("docker", "restart", "--time", "0", *before)
    for name in names:
        until(partial(answer, namespace, name))
        until(partial(is_told_rightly, namespace, name))
    assert balancers(namespace) == before
    remove(namespace, *names)


def is_told_rightly(namespace: str, name: str) -> bool:
    """Whether the Service's status has the address that the container has."""
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    container = f"{kind_cluster.NAME}-lb.{namespace}.{name}"
    found = run("docker", "inspect", "--format", template, container).output.strip()
    return address(namespace, name) == found


def test_engine_that_was_away_is_found_again_and_nothing_is_doubled(
    tmp_path: Path, namespace: str
) -> None:
    with engine_that_can_go() as engine:
        controller = Controller(tmp_path / "log", DOCKER_HOST=engine.host)
        try:
            make(namespace, "before", "lost")
            answering(namespace, "before")
            answering(namespace, "lost")
            engine.go()
            until(lambda: "asking again" in controller.log)
            make(namespace, "meanwhile")
            run("docker", "kill", f"{kind_cluster.NAME}-lb.{namespace}.lost")
            until(lambda: "SyncLoadBalancerFailed" in reasons(namespace, "meanwhile"))
            assert answer(namespace, "before")
            assert not answer(namespace, "lost")
            engine.come_back()
            names = ["before", "lost", "meanwhile"]
            for name in names:
                answering(namespace, name)
            assert balancers(namespace) == [f"course-lb.{namespace}.{name}" for name in names]
            remove(namespace, *names)
        finally:
            controller.kill()
