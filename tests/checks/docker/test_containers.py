"""What is expected of containers holds, or fails with what is there and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.containers import Container
from checker.checks.docker.facts import Mount, PublishedPort
from checker.checks.docker.fixture import Docker
from tests.checks.conftest import Engine, container, exited

NET = {"Networks": {"shop": {"IPAddress": "10.0.0.2"}}}


def ports(*bindings: tuple[str, str]) -> dict:
    listed = [{"HostIp": address, "HostPort": port} for address, port in bindings]
    return {"Ports": {"80/tcp": listed, "53/udp": listed, "443/tcp": None}, "Networks": {}}


def mounted(**changes: object) -> list[dict]:
    found = {"Type": "volume", "Name": "orders", "Destination": "/data", "RW": True}
    return [{**found, **changes}]


HOLDS: list[tuple[dict, Callable[[Container], object]]] = [
    (container("web"), lambda c: c.expect_running()),
    (exited("web"), lambda c: c.expect_stopped()),
    (exited("web", 3), lambda c: c.expect_exit_status(3)),
    (container("web", State={"Health": {"Status": "healthy"}}), lambda c: c.expect_healthy()),
    (container("web"), lambda c: c.expect_env("A", "1").expect_env("PATH")),
    (container("web"), lambda c: c.expect_no_env("B")),
    (container("web", Config={"Labels": {"a": "b"}}), lambda c: c.expect_label("a", "b")),
    (
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"))),
        lambda c: c.expect_published(80, as_port=8080).expect_published(80),
    ),
    (
        container("web", NetworkSettings=ports(("0.0.0.0", "8080"))),
        lambda c: c.expect_published(80, on=""),
    ),
    (container("web"), lambda c: c.expect_not_published().expect_not_published(80)),
    (container("web", Mounts=mounted()), lambda c: c.expect_mount("/data")),
    (
        container("web", Mounts=mounted(RW=False)),
        lambda c: c.expect_mount("/data", kind="volume", source="orders", read_only=True),
    ),
    (container("web", NetworkSettings=NET), lambda c: c.expect_network("shop")),
    (container("web"), lambda c: c.expect_restart_policy("no")),
    (container("web", Config={"User": "node:node"}), lambda c: c.expect_user("node")),
]


@pytest.mark.parametrize(("attrs", "expect"), HOLDS)
def test_what_holds_is_accepted(engine: Engine, docker: Docker, attrs, expect) -> None:
    engine.there = [attrs]
    expect(docker.container("web"))


FAILS: list[tuple[dict, Callable[[Container], object], str, str, str]] = [
    (
        exited("web", 3),
        lambda c: c.expect_running(),
        "web is running",
        "it is stopped; it ended with status 3",
        "docker logs web",
    ),
    (
        container("web", State={"Status": "created", "Running": False}),
        lambda c: c.expect_running(),
        "web is running",
        "it is created, but was never started",
        "docker start web",
    ),
    (
        container("web", State={"Status": "restarting"}),
        lambda c: c.expect_running(),
        "web is running",
        "it is restarting",
        "docker logs web",
    ),
    (
        container("web"),
        lambda c: c.expect_stopped(),
        "web is stopped",
        "it is running",
        "docker stop web",
    ),
    (
        container("web"),
        lambda c: c.expect_exit_status(0),
        "web has ended",
        "it is running",
        "docker container ls -a",
    ),
    (
        exited("web", 137),
        lambda c: c.expect_exit_status(0),
        "web ended with status 0",
        "it ended with 137",
        "docker logs web",
    ),
    (
        container("web"),
        lambda c: c.expect_healthy(),
        "web is healthy",
        "its health is none",
        "State.Health",
    ),
    (
        container("web", Config={"Env": ["MOOD=bad"]}),
        lambda c: c.expect_env("MODE", "test"),
        "web: variable MODE=test",
        "it is not set, but MOOD",
        "with -e MODE=...",
    ),
    (
        container("web"),
        lambda c: c.expect_env("A", "2"),
        "web: variable A=2",
        "A=1",
        "remove web, and run it again with -e A=",
    ),
    (
        container("web"),
        lambda c: c.expect_no_env("A"),
        "no variable A in web",
        "A=1",
        "run it again without it",
    ),
    (
        container("web"),
        lambda c: c.expect_label("team"),
        "web: label team",
        "it is not set",
        "--label team=",
    ),
    (
        container("web"),
        lambda c: c.expect_published(80, as_port=8080),
        "port 80 of web published as 127.0.0.1:8080",
        "it publishes no port",
        "with -p 127.0.0.1:8080:80",
    ),
    (
        container("web", NetworkSettings=ports(("0.0.0.0", "8080"), ("::", "8080"))),
        lambda c: c.expect_published(80),
        "port 80 of web published as 127.0.0.1:*",
        "0.0.0.0:8080 and :::8080",
        "with -p 127.0.0.1:80:80",
    ),
    (
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"))),
        lambda c: c.expect_published(3000, on=""),
        "port 3000 of web published as *:*",
        "it publishes 80",
        "with -p 3000:3000",
    ),
    (
        exited("web"),
        lambda c: c.expect_published(80),
        "web is running",
        "it is stopped; it ended with status 3",
        "docker start",
    ),
    (
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"))),
        lambda c: c.expect_not_published(),
        "web publishes no port",
        "published: 80",
        "run it again without -p",
    ),
    (
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"))),
        lambda c: c.expect_not_published(80),
        "port 80 of web is not published",
        "published: 80",
        "without -p",
    ),
    (
        container("web", Mounts=mounted(Destination="/elsewhere", RW=False)),
        lambda c: c.expect_mount("/data", kind="volume", source="orders"),
        "volume orders mounted at /data",
        "volume orders at /elsewhere read-only",
        "-v orders:/data",
    ),
    (
        container("web", Mounts=mounted()),
        lambda c: c.expect_mount("/data", read_only=True),
        "something mounted at /data read-only",
        "volume orders at /data",
        "-v",
    ),
    (
        container("web"),
        lambda c: c.expect_network("shop"),
        "web in the network shop",
        "it is in bridge",
        "docker network connect shop web",
    ),
    (
        container("web"),
        lambda c: c.expect_restart_policy("always"),
        "restart policy always",
        "it is no",
        "docker update --restart always web",
    ),
    (
        container("web"),
        lambda c: c.expect_user("node"),
        "web runs as node",
        "it runs as root",
        "USER in the Dockerfile",
    ),
]


@pytest.mark.parametrize(("attrs", "expect", "expected", "found", "step"), FAILS)
def test_what_does_not_hold_is_told(
    engine: Engine, docker: Docker, attrs, expect, expected: str, found: str, step: str
) -> None:
    engine.there = [attrs]
    with pytest.raises(CheckFailed) as caught:
        expect(docker.container("web"))
    assert expected in caught.value.expected
    assert caught.value.found == found
    assert step in caught.value.next_step


@pytest.mark.parametrize("number", range(len(FAILS)))
def test_authors_next_step_comes_before_the_usual_one(docker: Docker, number: int) -> None:
    attrs, expect, *_ = FAILS[number]
    made = Container(docker._client, "web", attrs)
    names = [name for name in dir(made) if name.startswith("expect_")]
    for name in names:
        original = getattr(made, name)
        setattr(made, name, lambda *a, _o=original, **k: _o(*a, next_step="Do this.", **k))
    with pytest.raises(CheckFailed) as caught:
        expect(made)
    nested = caught.value.expected in ("web is running", "web has ended")
    assert caught.value.next_step == "Do this." or nested


def test_facts_are_those_of_the_engine(engine: Engine, docker: Docker) -> None:
    engine.there = [
        container(
            "web",
            NetworkSettings={**ports(("127.0.0.1", "8080")), **NET},
            Mounts=[{"Type": "bind", "Source": "/home", "Destination": "/x", "RW": False}],
            Config={"User": "node", "Labels": None},
        )
    ]
    web = docker.container("web")
    assert (web.id, web.status, web.running, web.health) == ("id-web", "running", True, "none")
    assert (web.image, web.image_id) == ("busybox", "sha256:busybox")
    assert web.command == ["sh", "-c", "true"]
    assert web.env == {"A": "1", "PATH": "/bin"}
    assert (web.labels, web.user, web.restart_policy) == ({}, "node", "no")
    assert (web.auto_remove, web.restart_count, web.started_at) == (False, 0, "2026-01-01")
    assert web.ports == {80: [PublishedPort("127.0.0.1", 8080)]}
    assert web.mounts == [Mount("bind", "/home", "/x", True)]
    assert (web.networks, web.addresses) == (["shop"], {"shop": "10.0.0.2"})


def test_image_is_told_by_what_it_is_and_not_by_its_name(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web")]
    engine.pictures = {"busybox:1.37": {"Id": "sha256:busybox"}, "other": {"Id": "sha256:other"}}
    docker.container("web").expect_image("busybox:1.37")
    for reference in ("other", "nowhere"):
        with pytest.raises(CheckFailed) as caught:
            docker.container("web").expect_image(reference)
        assert caught.value.found == "it was made from busybox"


def test_logs_are_read_and_waited_for(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web")]
    engine.written = b"starting\n\xff"
    web = docker.container("web")
    assert web.logs.startswith("starting\n")
    web.expect_log("starting")
    with pytest.raises(CheckFailed) as caught:
        web.expect_log("ready", within=0.15)
    assert caught.value.expected == "'ready' in the logs of web"
    engine.written = b"ready"
    web.expect_log("ready", within=1)


def test_health_is_waited_for(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", State={"Health": {"Status": "starting"}})]
    web = docker.container("web")
    engine.there = [container("web", State={"Health": {"Status": "healthy"}})]
    assert web.expect_healthy(within=2).health == "healthy"


def test_command_runs_in_the_container(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web")]
    engine.written, engine.status = b"3\n", 0
    output = docker.container("web").exec("sh -c 'echo 3'")
    assert engine.made == ["sh -c echo 3"]
    assert (output.text, output.status) == ("3\n", 0)
    output.expect_status(0).expect_text("3")
    engine.status = 1
    with pytest.raises(CheckFailed) as caught:
        docker.container("web").exec(["false"]).expect_status(0)
    assert caught.value.expected == "false in web ends with status 0"
    assert caught.value.found == "status 1: 3"


def test_command_cannot_run_in_a_stopped_container(engine: Engine, docker: Docker) -> None:
    engine.there = [exited("web")]
    with pytest.raises(CheckFailed, match="Commands run only in running containers"):
        docker.container("web").exec("true")


def test_output_without_end_is_cut(engine: Engine, docker: Docker, monkeypatch) -> None:
    monkeypatch.setattr("checker.checks.docker.facts.LARGEST", 10)
    engine.there = [container("web")]
    monkeypatch.setattr(engine, "exec_start", lambda identity, stream: iter([b"yes\n"] * 1000))
    assert len(docker.container("web").exec("yes").bytes) == 12


def test_several_are_named_and_counted(engine: Engine, docker: Docker) -> None:
    engine.there = [exited("b"), container("a")]
    found = docker.containers(image="busybox", name="x", running=False)
    assert engine.filters == {"ancestor": "busybox", "name": "x"}
    assert found.names == ["a", "b"]
    assert [each.name for each in found] == ["a", "b"]
    found.expect_names(["b", "a"]).expect_count(2)
    with pytest.raises(CheckFailed) as caught:
        found.expect_names(["a", "c"])
    assert caught.value.expected == "containers (image busybox and name x): a and c"
    assert caught.value.found == "a and b"
    assert "Missing: c;" in caught.value.next_step
    assert "Too many: b;" in caught.value.next_step
    with pytest.raises(CheckFailed) as caught:
        docker.containers().expect_count(1)
    assert (caught.value.expected, caught.value.found) == ("containers: 1", "2 (a and b)")


def test_only_running_ones_and_none_of_the_checks_own(engine: Engine, docker: Docker) -> None:
    own = container("own", Config={"Labels": {"course.owner": "check"}})
    engine.there = [container("a"), exited("b"), own]
    assert docker.containers(running=True).names == ["a"]
    assert docker.containers().names == ["a", "b"]


def test_container_that_goes_while_it_is_listed_is_left_out(engine, docker, monkeypatch) -> None:
    engine.there = [container("a")]
    monkeypatch.setattr(engine, "containers", lambda **k: [{"Id": "gone"}, {"Id": "id-a"}])
    assert docker.containers().names == ["a"]


def test_unknown_image_has_no_containers(docker: Docker) -> None:
    assert docker.containers(image="nowhere").names == []
