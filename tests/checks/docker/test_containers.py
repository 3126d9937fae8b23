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


def bound(port: str, address: str, number: str) -> dict:
    return {port: [{"HostIp": address, "HostPort": number}]}


def on_failure(most: int) -> dict:
    return {"Name": "on-failure", "MaximumRetryCount": most}


def created(name: str, **changes: object) -> dict:
    """A container that was never started, of which nothing is bound."""
    state = {"Status": "created", "Running": False}
    return container(name, State=state, **changes)


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
    (
        container("web", State={"StartedAt": "2026-01-01T00:00:00Z"}),
        lambda c: c.expect_running(lasting=2),
    ),
    (
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"), ("::1", "8080"))),
        lambda c: c.expect_published(80).expect_only_published(8080, port=80),
    ),
    (
        created("web", HostConfig={"PortBindings": bound("80/tcp", "127.0.0.1", "8080")}),
        lambda c: c.expect_only_published(8080, port=80),
    ),
    (
        container("web", HostConfig={"RestartPolicy": on_failure(2)}),
        lambda c: c.expect_restart_policy("on-failure", most=2),
    ),
    (created("web"), lambda c: c.expect_stopped()),
    (created("web", Config={"User": "1000:50"}), lambda c: c.expect_user("1000")),
    (created("web"), lambda c: c.expect_user("root").expect_user("0")),
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
        "it is restarting: its program ended, and is about to be started again",
        "docker logs web",
    ),
    (
        container("web", State={"Status": "paused", "Paused": True}),
        lambda c: c.expect_running(),
        "web is running",
        "it is paused, so none of its processes runs",
        "docker unpause web",
    ),
    (
        container("web", State={"Status": "paused", "Paused": True}),
        lambda c: c.expect_stopped(),
        "web is stopped",
        "it is paused, so none of its processes runs",
        "docker stop web",
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
        "it has no health check",
        "State.Health",
    ),
    (
        container("web", Config={"Env": ["MOOD=bad"]}),
        lambda c: c.expect_env("MODE", "test"),
        "web: variable MODE=test",
        "it is not set, but MOOD is",
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
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"), ("0.0.0.0", "9090"))),
        lambda c: c.expect_published(80, as_port=8080),
        "port 80 of web published as 127.0.0.1:8080",
        "127.0.0.1:8080 and 0.0.0.0:9090",
        "with -p 127.0.0.1:8080:80",
    ),
    (
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"), ("::", "8080"))),
        lambda c: c.expect_only_published(8080),
        "web published at 127.0.0.1:8080, and at no address that others reach",
        "published: port 8080 of 127.0.0.1 to its port 80, port 8080 of every address to its "
        "port 80, port 8080 (udp) of 127.0.0.1 to its port 53 and port 8080 (udp) of every address "
        "to its port 53",
        "with -p 127.0.0.1:8080:PORT",
    ),
    (
        container("web", NetworkSettings=ports(("127.0.0.1", "8080"))),
        lambda c: c.expect_only_published(8080, port=8000),
        "port 8000 of web published at 127.0.0.1:8080",
        "published: port 8080 of 127.0.0.1 to its port 80 and port 8080 (udp) of 127.0.0.1 to its "
        "port 53",
        "with -p 127.0.0.1:8080:8000",
    ),
    (
        created(
            "web",
            HostConfig={
                "PublishAllPorts": True,
                "PortBindings": bound("80/tcp", "127.0.0.1", "8080"),
            },
            Config={"ExposedPorts": {"80/tcp": {}, "9999/tcp": {}}},
        ),
        lambda c: c.expect_only_published(8080),
        "web published at 127.0.0.1:8080",
        "published: port 8080 of 127.0.0.1 to its port 80 and a free port of every address to its "
        "port 9999",
        "-P publishes every exposed port on every address",
    ),
    (
        container("web"),
        lambda c: c.expect_only_published(8080),
        "web published at 127.0.0.1:8080",
        "no port of it is published",
        "Neither EXPOSE nor --expose",
    ),
    (
        container("web", HostConfig={"RestartPolicy": on_failure(5)}),
        lambda c: c.expect_restart_policy("on-failure", most=2),
        "at most 2 restarts of web",
        "at most 5",
        "docker update --restart on-failure:2 web",
    ),
    (
        container("web", HostConfig={"RestartPolicy": on_failure(0)}),
        lambda c: c.expect_restart_policy("on-failure", most=2),
        "at most 2 restarts of web",
        "as many as it takes",
        "docker update --restart on-failure:2 web",
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
        created("web"),
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
    assert web.ports == {80: [PublishedPort("127.0.0.1", 8080, 80)]}
    assert web.bindings == [
        PublishedPort("127.0.0.1", 8080, 80),
        PublishedPort("127.0.0.1", 8080, 53, "udp"),
    ]
    assert web.mounts == [Mount("bind", "/home", "/x", True)]
    assert (web.networks, web.addresses) == (["shop"], {"shop": "10.0.0.2"})


def test_image_is_told_by_what_it_is_and_not_by_its_name(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web")]
    engine.pictures = {"busybox:1.37": {"Id": "sha256:busybox"}, "other": {"Id": "sha256:other"}}
    docker.container("web").expect_image("busybox:1.37")
    engine.pictures["docker.io/library/busybox"] = {"Id": "sha256:newer"}
    for reference, found in (
        ("other", "it was made from busybox"),
        ("nowhere", "it was made from busybox, and there is no image nowhere any more"),
        (
            "docker.io/library/busybox",
            "it was made from an older image of that name (sha256:busybox)",
        ),
    ):
        with pytest.raises(CheckFailed) as caught:
            docker.container("web").expect_image(reference)
        assert caught.value.found == found


def test_logs_of_a_terminal_have_lines_as_others(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web")]
    engine.written = b"ring\r\nring\r\n"
    docker.container("web").expect_log("ring\nring\n")


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


def test_command_cannot_run_in_a_paused_container(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", State={"Status": "paused", "Paused": True})]
    with pytest.raises(CheckFailed, match="docker unpause web"):
        docker.container("web").exec("true")


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
    paused = container("c", State={"Status": "paused", "Paused": True})
    engine.there = [container("a"), exited("b"), own, paused]
    assert docker.containers(running=True).names == ["a"]
    assert docker.containers().names == ["a", "b", "c"]


def test_container_that_goes_while_it_is_listed_is_left_out(engine, docker, monkeypatch) -> None:
    engine.there = [container("a")]
    monkeypatch.setattr(engine, "containers", lambda **k: [{"Id": "gone"}, {"Id": "id-a"}])
    assert docker.containers().names == ["a"]


def test_unknown_image_has_no_containers(docker: Docker) -> None:
    assert docker.containers(image="nowhere").names == []
