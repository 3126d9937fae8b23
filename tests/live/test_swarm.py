"""The Swarm that a page or lab finds: of one node, ours, and apart from a learner's own."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker import container_names, docker_engine
from checker.images import provider
from checker.orchestrators.kind import cluster_nodes
from checker.orchestrators.registry import shell_environment
from checker.orchestrators.swarm import routing_mesh, swarm_mode
from checker.sandbox.recorder import Recorder

pytestmark = pytest.mark.live

BUSYBOX = "busybox"


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    docker_engine.ensure_engine()
    provider.ensure_images([BUSYBOX])


@pytest.fixture
def ours() -> None:
    swarm_mode.ensure_swarm()


def run(*words: str, check: bool = True) -> process.Completed:
    """As a learner types it in a course shell."""
    return process.run(["docker", *words], timeout=60, env=shell_environment(), check=check)


def until(seconds: float, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def networks() -> list[str]:
    return run("network", "ls", "--format", "{{.Name}}").output.split()


def test_swarm_is_there_at_once_the_second_time(ours: None) -> None:
    started = time.monotonic()
    swarm_mode.ensure_swarm()
    assert time.monotonic() - started < 5
    found = swarm_mode.swarm_status()
    assert found.running
    assert found.detail in (
        "1 node, with the routing mesh",
        "1 node, without the routing mesh (no IPVS)",
    )
    assert (
        run("node", "ls", "--format", "{{.Status}} {{.ManagerStatus}}").output == "Ready Leader\n"
    )


def test_manager_listens_on_the_loopback_address_alone(ours: None) -> None:
    node = run("node", "inspect", "self", "--format", "{{.ManagerStatus.Addr}}").output
    assert node == "127.0.0.1:2377\n"


def test_nothing_is_left_of_finding_out(ours: None) -> None:
    assert routing_mesh.TRIED not in networks()
    assert run("service", "ls", "--format", "{{.Name}}").output == ""


def test_what_a_run_makes_in_the_swarm_is_removed(ours: None) -> None:
    name = f"t-{uuid.uuid4().hex[:8]}"
    with Recorder(Run(name)) as recorder:
        run("network", "create", "--driver", "overlay", "--attachable", name)
        process.run(
            ["docker", "secret", "create", name, "-"],
            timeout=60,
            env=shell_environment(),
            input="tiger",
        )
        process.run(
            ["docker", "config", "create", name, "-"],
            timeout=60,
            env=shell_environment(),
            input="a",
        )
        service = ["service", "create", "--detach", "--quiet", "--no-resolve-image"]
        service += ["--name", name, "--replicas", "2", "--network", name, "--secret", name]
        run(*service, "--endpoint-mode", "dnsrr", BUSYBOX, "sh", "-c", "trap : TERM; sleep 60")
        listed = ["ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={name}"]
        until(30, lambda: len(run(*listed).output.split()) == 2)
        started = time.monotonic()
        assert recorder.remove() == []
        assert time.monotonic() - started < 20
    for things in ("service", "secret", "config", "network"):
        assert name not in run(things, "ls").output
    assert run("ps", "--all", "--quiet", "--filter", f"name={name}").output == ""
    assert swarm_mode.BRIDGE in networks()


def test_containers_of_others_are_told_that_their_names_are_forgotten(
    ours: None, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"t-{uuid.uuid4().hex[:8]}"
    run("network", "create", name)
    try:
        for each in ("a", "b"):
            own = ("--detach", "--init", "--network", name, "--name", f"{name}-{each}")
            run("run", *own, BUSYBOX, "sleep", "120")
        assert run("exec", f"{name}-a", "nslookup", f"{name}-b").status == 0
        swarm_mode.leave_swarm()
        assert f"{name}-a {name}-b" in capsys.readouterr().err.replace("\n", " ")
        run("restart", "--time", "0", f"{name}-a", f"{name}-b")
        assert run("exec", f"{name}-a", "nslookup", f"{name}-b").status == 0
    finally:
        run("rm", "--force", f"{name}-a", f"{name}-b", check=False)
        run("network", "rm", name)


@pytest.fixture
def foreign() -> Iterator[None]:
    """A Swarm of the learner's own."""
    swarm_mode.leave_swarm()
    run("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2378")
    yield
    run("swarm", "leave", "--force")
    run("network", "rm", swarm_mode.BRIDGE, check=False)
    container_names.register_names(cluster_nodes.node_names())


def test_swarm_of_the_learner_is_never_touched(foreign: None) -> None:
    before = run("info", "--format", "{{.Swarm.Cluster.ID}}").output
    with pytest.raises(CouldNotFindOut, match="did not make"):
        swarm_mode.ensure_swarm()
    swarm_mode.leave_swarm()
    assert not swarm_mode.swarm_status().running
    assert run("info", "--format", "{{.Swarm.Cluster.ID}}").output == before


def test_nothing_is_left_when_it_is_stopped(ours: None) -> None:
    swarm_mode.leave_swarm()
    assert run("info", "--format", "{{.Swarm.LocalNodeState}}").output == "inactive\n"
    assert swarm_mode.BRIDGE not in networks()
    assert "ingress" not in networks()
