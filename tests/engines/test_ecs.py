"""The emulator's surroundings: port, settings, refusals, events, limits, scaling, throttle."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from checker.engines import aws, awsconfig, docker, ecs, ecsprocess, needs
from checker.engines.emulator import events, limits, ports, refusals, throttle, usage, watcher
from checker.engines.emulator.scaling import Scaler
from checker.errors import CouldNotFindOut

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/demo/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
POLICY = {
    **TARGET,
    "PolicyName": "cpu",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 50,
        "PredefinedMetricSpecification": {"PredefinedMetricType": usage.CPU},
        "ScaleOutCooldown": 60,
        "ScaleInCooldown": 60,
    },
}


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_shell_gets_nothing_of_the_learners_aws_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_ECS", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, "mine")
    given = docker.environment()
    assert not [name for name, value in given.items() if value == "mine"]
    assert given["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert str(awsconfig.folder()) in given["AWS_CONFIG_FILE"]
    assert "127.0.0.1" in given["NO_PROXY"]


def test_only_aws_gets_on_the_path() -> None:
    assert [each.name for each in awsconfig.programs().iterdir()] == ["aws"]


def test_a_port_that_is_taken_is_passed_by_and_the_choice_is_kept(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    awsconfig.port_file().write_text(f"{taken}\n")
    ecsprocess.choose_port()
    assert awsconfig.port() != taken
    assert f"Port {taken} is taken" in capsys.readouterr().err


def test_no_port_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ecsprocess, "_is_free", lambda port: False)
    with pytest.raises(CouldNotFindOut, match="No port is free"):
        ecsprocess.choose_port()


def test_status_of_an_emulator_that_was_never_started() -> None:
    assert not ecs.status().running
    assert ecs.contents() == []


def test_a_call_to_an_emulator_that_is_away_could_not_find_out(taken: int) -> None:
    awsconfig.port_file().write_text("1\n")
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        aws.call(aws.ECS, "ListClusters")


@pytest.mark.parametrize(
    ("engine", "good"),
    [
        ("ecs", True),
        ("ecs, kind", True),
        ("none", True),
        ("ecs, none", False),
        ("ecs, ecs", False),
        ("eks", False),
        (3, False),
    ],
)
def test_one_engine_or_several_may_be_named(engine: object, good: bool) -> None:
    assert needs.is_good(engine) is good


def definition(**container: Any) -> dict[str, Any]:
    return {
        "family": "web",
        "containerDefinitions": [{"name": "web", "image": "nginx:1.26", "memory": 64, **container}],
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (definition(image=""), "image should not be null"),
        (definition(memory=None), "At least one of 'memory'"),
        (definition(memory=3), "at least 6"),
        (definition(memoryReservation=64), "greater than 'memoryReservation'"),
        ({**definition(), "memory": "32"}, "greater than that of the task"),
        (
            {**definition(portMappings=[{"containerPort": 80, "hostPort": 8080}]),
             "networkMode": "awsvpc"},
            "must match",
        ),
        (
            {**definition(), "requiresCompatibilities": ["FARGATE"], "cpu": "256",
             "memory": "100"},
            "No Fargate configuration exists",
        ),
        ({**definition(), "requiresCompatibilities": ["FARGATE"]}, "at the task level"),
    ],
)  # fmt: skip
def test_a_task_definition_that_aws_refuses_is_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises(aws.Refused, match=text):
        refusals.judge("RegisterTaskDefinition", given)


def test_a_good_task_definition_passes() -> None:
    refusals.judge("RegisterTaskDefinition", definition())
    refusals.judge("ListClusters", {})


def test_a_definition_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(target: str, action: str, **given: Any) -> dict[str, Any]:
        if action == "DescribeTaskDefinition":
            raise aws.Refused("ClientException", "Unable to describe")
        return {"clusters": [{}], "serviceArns": ["a"]}

    monkeypatch.setattr(aws, "call", call)
    for action in ("RunTask", "CreateService", "UpdateService"):
        with pytest.raises(aws.Refused, match=r"TaskDefinition not found\."):
            refusals.judge(action, {"cluster": "demo", "taskDefinition": "nothing"})
    with pytest.raises(aws.Refused, match="while Services are active"):
        refusals.judge("DeleteCluster", {"cluster": "demo"})


def test_a_container_gets_its_limits_and_ports_on_the_loopback_address_alone() -> None:
    given = definition(cpu=128, memoryReservation=32, entryPoint=["sh"], user="node")
    made = limits.settings({**given, "cpu": "512"}, "web", {"80/tcp": 0, "81/tcp": 8081})
    assert made["mem_limit"] == made["memswap_limit"] == 64 * limits.MIB
    assert made["mem_reservation"] == 32 * limits.MIB
    assert made["cpu_shares"] == 128
    assert made["nano_cpus"] == 500_000_000
    assert made["ports"] == {"80/tcp": ("127.0.0.1", None), "81/tcp": ("127.0.0.1", 8081)}
    assert (made["entrypoint"], made["user"]) == (["sh"], "node")


def test_bindings_tell_the_port_that_docker_chose() -> None:
    published = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "81/tcp": None}
    [binding] = ports.bindings(published)
    assert (binding["containerPort"], binding["hostPort"]) == (80, 32768)


def service(**given: Any) -> dict[str, Any]:
    deployment = {"id": "ecs-svc/1", "rolloutState": "COMPLETED", "updatedAt": 12.0}
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
    stopped = {"stoppedAt": 20.0, "stoppedReason": "Service scaling down", "lastStatus": "STOPPED"}
    tasks = [task("a", 10.0), task("b", 10.2, **stopped)]
    told = [each["message"] for each in events.history(service(), tasks)]
    assert told == [
        "(service web) has started 2 tasks: (task a) (task b).",
        "(service web) (deployment ecs-svc/1) deployment completed.",
        "(service web) has stopped 1 running tasks: (task b).",
        "(service web) has reached a steady state.",
    ]


def test_a_service_whose_tasks_fail_is_not_steady() -> None:
    gone = {"stoppedAt": 20.0, "stoppedReason": watcher.GONE, "lastStatus": "STOPPED"}
    tasks = [task(str(n), 10.0 + 5 * n, **gone) for n in range(5)]
    told = [each["message"] for each in events.history(service(runningCount=0), tasks)]
    assert "is unable to consistently start tasks" in told[-1] or any(
        "is unable to consistently start tasks" in each for each in told
    )
    assert not any("steady" in each for each in told)


def test_a_task_killed_for_memory_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"taskArn": "a", "stoppedReason": events.ENDED, "containers": [{"exitCode": 137}]}
    monkeypatch.setattr(watcher, "killed", {"a"})
    [found] = events.tasks({"tasks": [given]})["tasks"]
    assert found["stoppedReason"] == "Essential container in task exited"
    assert found["containers"][0]["reason"].startswith("OutOfMemoryError")


def test_pauses_grow_after_three_failures_and_end_with_success() -> None:
    assert throttle.delay("try:1") == 0
    for _ in range(3):
        throttle.failed("try:1")
    first = throttle.delay("try:1")
    throttle.failed("try:1")
    assert 0 < first < throttle.delay("try:1")
    throttle.worked("try:1")
    assert throttle.delay("try:1") == 0


class Emulator:
    """A service whose desired count is all that matters."""

    def __init__(self) -> None:
        self.count = 1

    def call(self, target: str, action: str, **given: Any) -> dict[str, Any]:
        if action == "UpdateService":
            self.count = given["desiredCount"]
        return {"services": [{"status": "ACTIVE", "desiredCount": self.count}]}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    fake = Emulator()
    monkeypatch.setattr(aws, "call", fake.call)
    return fake


@pytest.fixture
def scaler(emulator: Emulator) -> Scaler:
    made = Scaler()
    made.answer("RegisterScalableTarget", {**TARGET, "MinCapacity": 1, "MaxCapacity": 4})
    made.answer("PutScalingPolicy", POLICY)
    return made


def test_three_high_values_in_a_row_scale_out_and_fifteen_low_ones_in(
    scaler: Scaler, emulator: Emulator
) -> None:
    scaler.measure = lambda *_: 150.0
    for now in (1.0, 2.0):
        scaler.step(now)
    assert emulator.count == 1
    scaler.step(3.0)
    assert emulator.count == 3
    scaler.measure = lambda *_: 5.0
    for now in range(14):
        scaler.step(10.0 + now)
    assert emulator.count == 3
    scaler.step(30.0)
    assert emulator.count == 1
    told = scaler.answer("DescribeScalingActivities", TARGET)["ScalingActivities"]
    assert [each["Description"] for each in told] == [
        "Setting desired count to 1.",
        "Setting desired count to 3.",
    ]


def test_the_bound_is_kept_and_an_unknown_value_changes_nothing(
    scaler: Scaler, emulator: Emulator
) -> None:
    scaler.measure = lambda *_: None
    for now in range(20):
        scaler.step(float(now))
    assert emulator.count == 1
    scaler.measure = lambda *_: 5000.0
    for now in range(3):
        scaler.step(50.0 + now)
    assert emulator.count == 4


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("PutScheduledAction", TARGET, "UnknownOperationException"),
        ("DescribeScalableTargets", {"ServiceNamespace": "dynamodb"}, "ValidationException"),
        ("RegisterScalableTarget", {**TARGET, "MinCapacity": 3}, "ValidationException"),
        (
            "RegisterScalableTarget",
            {**TARGET, "MinCapacity": 3, "MaxCapacity": 1},
            "ValidationException",
        ),
        ("RegisterScalableTarget", {**TARGET, "ResourceId": "web"}, "ValidationException"),
        ("PutScalingPolicy", POLICY, "ObjectNotFoundException"),
        ("DeleteScalingPolicy", POLICY, "ObjectNotFoundException"),
        ("DeregisterScalableTarget", TARGET, "ObjectNotFoundException"),
    ],
)
def test_what_scaling_refuses(
    emulator: Emulator, action: str, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(aws.Refused) as refused:
        Scaler().answer(action, given)
    assert refused.value.code == code


def test_targets_and_policies_are_told_and_forgotten(scaler: Scaler) -> None:
    assert (
        scaler.answer("DescribeScalableTargets", TARGET)["ScalableTargets"][0]["MaxCapacity"] == 4
    )
    assert len(scaler.answer("DescribeScalingPolicies", TARGET)["ScalingPolicies"]) == 1
    scaler.answer("DeregisterScalableTarget", TARGET)
    assert scaler.answer("DescribeScalingPolicies", TARGET)["ScalingPolicies"] == []
