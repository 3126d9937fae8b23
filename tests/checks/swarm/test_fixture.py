"""Services are judged by what is set and by how their rollouts end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from docker.errors import APIError, NotFound

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.swarm import fixture as module
from checker.checks.swarm.fixture import Swarm, SwarmService, TooFewCopies
from checker.docker import connection


def task(state: str = "running", wanted: str = "running", error: str = "") -> dict[str, Any]:
    status = {"State": state, "Message": "started", **({"Err": error} if error else {})}
    return {"Status": status, "DesiredState": wanted}


class Engine:
    """A service in the shapes of Docker Engine 26; `then` are its next rollout's states."""

    def __init__(self) -> None:
        self.api = self
        self.there = ["shop"]
        self.is_manager = True
        self.container: dict[str, Any] = {"Image": "shop:1@sha256:aa"}
        self.update: dict[str, Any] = {}
        self.status: dict[str, Any] = {}
        self.replicas = 2
        self.tasks_there = [task(), task()]
        self.then: list[str] = []
        self.containers: dict[str, dict[str, Any]] = {}

    def inspect_service(self, name: str) -> dict[str, Any]:
        if not self.is_manager:
            raise APIError("This node is not a swarm manager.")
        if name not in self.there:
            raise NotFound(name)
        if self.then:
            self.status = {"State": self.then.pop(0), "StartedAt": "later", "Message": "words"}
        spec = {
            "Name": name,
            "TaskTemplate": {"ContainerSpec": self.container},
            "Mode": {"Replicated": {"Replicas": self.replicas}},
            "UpdateConfig": self.update,
        }
        return {"Spec": spec, "UpdateStatus": self.status}

    def inspect_container(self, identity: str) -> dict[str, Any]:
        if identity not in self.containers:
            raise NotFound(identity)
        return {"Config": self.containers[identity]}

    def services(self) -> list[dict[str, Any]]:
        return [{"Spec": {"Name": each}} for each in self.there]

    def tasks(self, filters: dict[str, str]) -> list[dict[str, Any]]:
        return self.tasks_there


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.001)
    return Engine()


@pytest.fixture
def shop(engine: Engine) -> SwarmService:
    return Swarm(engine).service("shop")  # type: ignore[arg-type]


def fails(act: Callable[[], object], *words: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        act()
    for each in words:
        assert each in str(caught.value)


def test_service_that_is_not_there_is_told_with_its_neighbours(engine: Engine) -> None:
    swarm = Swarm(engine)  # type: ignore[arg-type]
    fails(lambda: swarm.service("shopp"), "a service named shopp", "but shop")
    engine.there = []
    fails(lambda: swarm.service("shop"), "no such service", "docker service ls")


def test_engine_without_a_swarm_is_no_verdict(engine: Engine) -> None:
    engine.is_manager = False
    with pytest.raises(CouldNotFindOut, match="in no Swarm"):
        Swarm(engine).service("shop")  # type: ignore[arg-type]


def test_facts(shop: SwarmService, engine: Engine) -> None:
    assert (shop.image, shop.replicas, shop.running) == ("shop:1", 2, 2)
    assert shop.update_status == {}
    engine.tasks_there.append(task(wanted="shutdown"))
    assert shop.running == 2


@pytest.mark.parametrize(
    ("test", "command"),
    [
        (["CMD-SHELL", "curl x"], ["/bin/sh", "-c", "curl x"]),
        (["CMD", "node", "h.js"], ["node", "h.js"]),
        (["NONE"], []),
        ([], []),
    ],
)
def test_health_command_is_as_exec_takes_it(
    shop: SwarmService, engine: Engine, test: list[str], command: list[str]
) -> None:
    engine.container["Healthcheck"] = {"Test": test}
    assert shop.health_command == command
    if command:
        shop.expect_health_check()
    else:
        fails(shop.expect_health_check, "no health check", "--health")


def test_copies_are_counted_as_wanted_and_as_running(shop: SwarmService, engine: Engine) -> None:
    shop.expect_running(2)
    fails(lambda: shop.expect_running(3), "2 wanted, 2 running")
    engine.tasks_there = [task(), task("starting"), task("failed", "shutdown", "exit (1)")]
    fails(
        lambda: shop.expect_running(2, within=0.01),
        "2 wanted, 1 running",
        "starting: started; failed: exit (1)",
    )


def test_more_copies_may_be_enough(shop: SwarmService, engine: Engine) -> None:
    engine.replicas, engine.tasks_there = 3, [task(), task(), task()]
    shop.expect_running(2, or_more=True)
    fails(lambda: shop.expect_running(2), "3 wanted, 3 running")
    fails(lambda: shop.expect_running(4, or_more=True), "4 copies or more of shop")
    engine.tasks_there = [task(), task()]
    fails(lambda: shop.expect_running(2, or_more=True), "3 wanted, 2 running")


def test_health_check_of_the_image_counts(shop: SwarmService, engine: Engine) -> None:
    copy = task()
    copy["Status"]["ContainerStatus"] = {"ContainerID": "c1"}
    engine.tasks_there = [copy]
    engine.container["Healthcheck"] = {"Test": ["CMD", "wished"]}
    engine.containers["c1"] = {"Healthcheck": {"Test": ["CMD", "node", "h.js"]}}
    assert shop.health_command == ["node", "h.js"]
    # a copy that is older than the setting is not asked
    engine.containers["c1"] = {}
    fails(shop.expect_health_check, "no health check")
    # a container that has gone since tells nothing
    engine.containers.clear()
    assert shop.health_command == ["wished"]


def test_failure_action(shop: SwarmService, engine: Engine) -> None:
    fails(lambda: shop.expect_failure_action("rollback"), "its failure action is pause")
    engine.update["FailureAction"] = "rollback"
    shop.expect_failure_action("rollback")


def test_image(shop: SwarmService) -> None:
    shop.expect_image("shop:1")
    fails(lambda: shop.expect_image("shop:2"), "made from shop:2", "it is shop:1")


def test_rollout_that_is_under_way_is_waited_for(shop: SwarmService, engine: Engine) -> None:
    shop.settle()
    engine.then = ["updating", "updating", "completed"]
    shop.settle(within=5)
    engine.then = ["updating"]
    fails(lambda: shop.settle(within=0.02), "ends within 0.02 s", "updating: words")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> list[Sequence[str]]:
    lines: list[Sequence[str]] = []

    def run(command: Sequence[str], **options: Any) -> None:
        lines.append(command)
        engine.then = ["updating", "completed"]

    monkeypatch.setattr(connection, "cli_environment", dict)
    monkeypatch.setattr(process, "run", run)
    return lines


def test_rollout_is_asked_for_and_waited_for(
    shop: SwarmService, typed: list[Sequence[str]]
) -> None:
    assert shop.deploy("shop:2", within=5) == "completed"
    assert list(typed[0][-3:]) == ["--image", "shop:2", "shop"]


def test_rollout_of_the_same_version_is_no_rollout(
    shop: SwarmService, typed: list[Sequence[str]]
) -> None:
    with pytest.raises(CouldNotFindOut, match="already"):
        shop.deploy("shop:1")
    assert typed == []


def test_rollout_that_never_ends_is_told_with_its_reason(
    shop: SwarmService, engine: Engine, typed: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: Sequence[str], **options: Any) -> None:
        engine.status = {"State": "updating", "StartedAt": "later", "Message": "in progress"}
        engine.tasks_there = [task(), task("rejected", "running", "No such image: shop:2")]

    monkeypatch.setattr(process, "run", run)
    fails(
        lambda: shop.deploy("shop:2", within=0.02),
        "updating: in progress; rejected: No such image: shop:2",
        "docker service ps",
    )


def test_end_of_the_rollout_before_is_not_taken_for_this_ones(
    shop: SwarmService, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.status = {"State": "completed", "StartedAt": "before", "Message": ""}
    monkeypatch.setattr(connection, "cli_environment", dict)
    monkeypatch.setattr(process, "run", lambda command, **options: None)
    fails(lambda: shop.deploy("shop:2", within=0.02), "ends within")


@pytest.mark.parametrize(("running", "ends"), [(2, "completed"), (1, "")])
def test_too_few_copies_during_a_rollout_fail(
    shop: SwarmService, engine: Engine, monkeypatch: pytest.MonkeyPatch, running: int, ends: str
) -> None:
    def run(command: Sequence[str], **options: Any) -> None:
        engine.tasks_there = [task() for _ in range(running)]
        engine.then = ["updating"] * 8 + ["completed"] * 8

    monkeypatch.setattr(connection, "cli_environment", dict)
    monkeypatch.setattr(process, "run", run)
    if ends:
        assert shop.deploy("shop:2", never_fewer=2) == ends
    else:
        words = ("never fewer than 2 copies of shop", "only 1 (update order stop-first")
        fails(lambda: shop.deploy("shop:2", never_fewer=2), *words)
        with pytest.raises(TooFewCopies):
            shop.deploy("shop:2", never_fewer=2)
