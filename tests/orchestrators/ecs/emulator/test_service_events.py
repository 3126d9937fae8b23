"""Events and reasons are made from what really happened."""

from __future__ import annotations

from typing import Any

import pytest

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import service_events, watcher

SCALED = "Scaling activity initiated by (deployment ecs-svc/1)"


def service(**given: Any) -> dict[str, Any]:
    deployment = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "rolloutState": "COMPLETED",
        "updatedAt": 12.0,
    }
    return {
        "serviceName": "web",
        "desiredCount": 1,
        "runningCount": 1,
        "deployments": [deployment],
        **given,
    }


def task(name: str, at: float, **given: Any) -> dict[str, Any]:
    arn = f"arn:aws:ecs:us-east-1:000000000000:task/demo/{name}"
    return {"taskArn": arn, "createdAt": at, "lastStatus": "RUNNING", "startedAt": at, **given}


def test_events_tell_what_happened_in_the_words_of_aws() -> None:
    stopped = {"stoppedAt": 20.0, "stoppedReason": SCALED, "lastStatus": "STOPPED"}
    tasks = [task("a", 10.0), task("b", 10.2, **stopped)]
    told = [each["message"] for each in service_events.list_events(service(), tasks)]
    assert told == [
        "(service web) has started 2 tasks: (task a) (task b).",
        "(service web) (deployment ecs-svc/1) deployment completed.",
        "(service web) has stopped 1 running tasks: (task b).",
        "(service web) has reached a steady state.",
    ]


@pytest.mark.parametrize(("ran", "said"), [(False, True), (True, False)])
def test_only_tasks_that_never_run_are_told_as_unable_to_start(ran: bool, said: bool) -> None:
    gone = {"stoppedAt": 20.0, "stoppedReason": watcher.GONE, "lastStatus": "STOPPED"}
    tasks = [task(str(n), 10.0 + 5 * n, **gone) for n in range(5)]
    for each in tasks:
        each["startedAt"] = each["createdAt"] if ran else None
    told = [each["message"] for each in service_events.list_events(service(runningCount=0), tasks)]
    assert any(service_events.UNABLE in each for each in told) is said
    assert not any("steady" in each for each in told)


def test_a_host_port_that_is_taken_leaves_no_room_for_a_task() -> None:
    reason = "ResourceInitializationError: Bind for 127.0.0.1:8350: port is already allocated"
    gone = {"stoppedAt": 20.0, "stoppedReason": reason, "lastStatus": "STOPPED"}
    tasks = [task("a", 10.0), task("b", 19.0, containerInstanceArn="arn/demo/one", **gone)]
    told = [each["message"] for each in service_events.list_events(service(), tasks)]
    text = "(container-instance one) is already using a port required by your task."
    assert any(text in each for each in told)
    told = [each["message"] for each in service_events.list_events(service(), tasks[:1])]
    assert not any("container-instance" in each for each in told)


def test_docker_says_why_a_container_could_not_be_started() -> None:
    reason = (
        "ResourceInitializationError: unable to pull image or start container: 500 Server Error "
        'for http+docker://localhost/start: Internal Server Error ("driver failed (b12a): Bind '
        'for 127.0.0.1:3000 failed: port is already allocated")'
    )
    given = {"taskArn": "a", "stoppedReason": reason, "containers": []}
    [found] = service_events.add_task_reasons({"tasks": [given]})["tasks"]
    assert found["stoppedReason"] == (
        "CannotStartContainerError: driver failed (b12a): Bind for 127.0.0.1:3000 failed: port is "
        "already allocated"
    )


def test_a_task_killed_for_memory_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "taskArn": "a",
        "stoppedReason": service_events.ENDED,
        "containers": [{"exitCode": 137}],
    }
    monkeypatch.setattr(watcher, "killed", {"a"})
    [found] = service_events.add_task_reasons({"tasks": [given]})["tasks"]
    assert found["stoppedReason"] == "Essential container in task exited"
    assert found["containers"][0]["reason"].startswith("OutOfMemoryError")


def test_targets_come_and_go_with_their_tasks_and_a_failed_deployment_is_told() -> None:
    balancer = {"targetGroupArn": "group"}
    deployment = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "rolloutState": "FAILED",
        "updatedAt": 12.0,
    }
    given = service(loadBalancers=[balancer], deployments=[deployment], runningCount=0)
    stopped = {"stoppedAt": 20.0, "lastStatus": "STOPPED"}
    found = service_events.list_events(
        given, [task("a", 10.0, **stopped), task("b", 30.0, startedAt=None)]
    )
    told = [each["message"].partition(") ")[2] for each in found]
    assert told == [
        "has started 1 tasks: (task a).",
        "registered 1 targets in (target-group group)",
        "(deployment ecs-svc/1) deployment failed: tasks failed to start.",
        "deregistered 1 targets in (target-group group)",
        "has started 1 tasks: (task b).",
    ]


def test_the_answers_of_the_emulator_are_told_with_events_newest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def call(target: str, action: str, **given: Any) -> dict[str, Any]:
        if action == "ListTasks":
            return {"taskArns": ["a"] if given["desiredStatus"] == "RUNNING" else []}
        return {"tasks": [task("a", 10.0)]}

    monkeypatch.setattr(aws_api, "call_service", call)
    given = {**service(), "clusterArn": "cluster/demo", "events": ["theirs"]}
    [found] = service_events.add_service_events({"services": [given]})["services"]
    moments = [each["createdAt"] for each in found["events"]]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 3


def test_a_service_that_is_refused_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*_: str, **__: Any) -> dict[str, Any]:
        raise aws_api.AwsError("ClusterNotFoundException", "Cluster not found.")

    monkeypatch.setattr(aws_api, "call_service", call)
    given = {**service(), "clusterArn": "cluster/demo", "events": ["theirs"]}
    [found] = service_events.add_service_events({"services": [given]})["services"]
    assert found["events"] == ["theirs"]


def test_a_running_task_gets_its_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(service_events.ports, "add_network_bindings", seen.append)
    given = task("a", 10.0)
    service_events.add_task_reasons({"tasks": [given, task("b", 10.0, lastStatus="PENDING")]})
    assert seen == [given]


def test_a_deployment_that_was_rolled_back_says_to_which() -> None:
    failed = {"id": "ecs-svc/2", "status": "ACTIVE", "rolloutState": "FAILED", "updatedAt": 12.0}
    good = {"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "COMPLETED", "updatedAt": 14.0}
    given = service(deployments=[good, failed], runningCount=0)
    told = [each["message"].partition(") ")[2] for each in service_events.list_events(given, [])]
    assert told == [
        "(deployment ecs-svc/2) deployment failed: tasks failed to start.",
        "rolling back to (deployment ecs-svc/1).",
        "(deployment ecs-svc/1) deployment completed.",
    ]


def test_a_task_whose_target_failed_is_told_with_its_group() -> None:
    balancer = {"targetGroupArn": "group", "containerPort": 3000}
    reason = "Task failed ELB health checks in (target-group group)"
    ended = {"stoppingAt": 18.0, "stoppedAt": 20.0, "stoppedReason": reason}
    found = service_events.list_events(
        service(loadBalancers=[balancer]), [task("a", 10.0, **ended)]
    )
    expected = (
        "(service web) (task a) (port 3000) is unhealthy in (target-group group) "
        "due to (reason Health checks failed)"
    )
    assert expected in [each["message"] for each in found]


@pytest.mark.parametrize(
    ("maximum", "started", "said"), [(100, 0, True), (200, 0, False), (100, 1, False)]
)
def test_a_deployment_that_may_neither_stop_nor_start_a_task_says_so(
    maximum: int, started: int, said: bool
) -> None:
    waiting = {
        "id": "ecs-svc/2",
        "status": "PRIMARY",
        "rolloutState": "IN_PROGRESS",
        "runningCount": started,
        "createdAt": 11.0,
        "updatedAt": 11.0,
    }
    before = {**waiting, "id": "ecs-svc/1", "status": "ACTIVE", "rolloutState": "COMPLETED"}
    given = service(
        deployments=[waiting, before],
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": maximum},
    )
    told = [each["message"] for each in service_events.list_events(given, [])]
    assert any(service_events.BLOCKED in each for each in told) is said
