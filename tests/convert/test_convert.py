"""What ECS would refuse is refused; names; and the promise that nothing gets lost in silence."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.base.errors import CourseError
from checker.convert import model
from checker.convert.convert import convert_task
from checker.convert.names import LABEL, make_label
from checker.convert.pod_spec.environment import escape_references
from checker.convert.tracked_input import (
    FieldUsage,
    TrackedInput,
    find_leaves,
    format_path,
    warn_of_unused,
)
from checker.convert.write import dump_manifests

Object = dict[str, Any]


def task(*containers: Object, **more: Any) -> Object:
    """A task definition; a container gets what it must have."""
    base = {"image": "nginx:1.26", "memory": 64}
    every = [{"name": f"c{n}", **base, **each} for n, each in enumerate(containers or ({},))]
    return {"family": "web", "containerDefinitions": every, **more}


TASK_SHAPE = model.merge_structures("RegisterTaskDefinitionRequest", "TaskDefinition")
SERVICE_SHAPE = model.merge_structures("CreateServiceRequest", "Service")
FARGATE = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}
HEALTHY = [{"containerName": "c1", "condition": "HEALTHY"}]
BALANCED = {"containerName": "c0", "containerPort": 80}


@pytest.mark.parametrize(
    ("given_task", "words"),
    [
        (task({"memory": 4}), r"memory is impossible(.|\n)*at least 6 MiB"),
        (task({"memory": -1}), "memory is impossible"),
        (task({"memory": 64, "memoryReservation": 128}), "more than memory"),
        (task({"memory": None}), "has no memory"),
        (task({"cpu": -2}), "cpu is impossible"),
        (task({"memory": 600}, memory="512"), "more memory than the task has"),
        (task({"memory": 600, "memoryReservation": 64}, memory="512"), "more than the task has"),
        (task({"memory": 300}, {"memory": 300}, memory="512"), "more memory than the task"),
        (task({"cpu": 300}, {"cpu": 300}, cpu="512"), "more cpu than the task has"),
        (task(cpu="a lot"), "cpu of the task is not a size"),
        (task(memory="1 TB"), "memory of the task is not a size"),
        (task(memory="0"), "memory of the task is not a size"),
        (task(**FARGATE), "needs cpu and memory"),
        (task(**FARGATE, cpu="300", memory="512"), "Fargate has no such cpu"),
        (task(**FARGATE, cpu="256", memory="4096"), r"512 to 2048 MiB"),
        (task(**FARGATE, cpu="1 vCPU", memory="1 GB"), "2048 to 8192 MiB"),
        ({"family": "web", "containerDefinitions": []}, "has no container"),
        ({"containerDefinitions": [{"name": "a"}]}, "has no family"),
        (task({"image": ""}), r"containerDefinitions\[0\] has no image"),
        (task({"name": ""}), r"containerDefinitions\[0\] has no name"),
        (task({"name": "a"}, {"name": "a"}), "same name"),
        (task({"portMappings": [{"containerPort": 70000}]}), "has no port"),
        (task({"portMappings": [{}]}), "has no port"),
        (task({"portMappings": [{"containerPortRange": "9-1"}]}), "not a range"),
        (task({"portMappings": [{"containerPort": 1, "hostPort": -1}]}), "hostPort is none"),
        (
            task({"portMappings": [{"containerPort": 80, "hostPort": 8080}]}, networkMode="awsvpc"),
            "hostPort 8080 differs from containerPort 80",
        ),
        (task({"stopTimeout": -1}), "stopTimeout is impossible"),
        (task({"dependsOn": HEALTHY}), "depends on what is not there"),
        (task({"dependsOn": HEALTHY}, {}), "waits until c1 is healthy"),
        (
            task(
                {"dependsOn": [{"containerName": "c1", "condition": "START"}]},
                {"dependsOn": [{"containerName": "c0", "condition": "START"}]},
            ),
            "goes round in a circle",
        ),
        (task({"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}), "not there"),
        (task({"volumesFrom": [{"sourceContainer": "none"}]}), "volumesFrom names"),
        (task(volumes=[{"name": "v"}, {"name": "v"}]), "a name of its own"),
        (task(volumes=[{"name": "v", "host": {"sourcePath": "a"}}]), "not an absolute path"),
        (
            task(volumes=[{"name": "v", "host": {"sourcePath": "/a"}, "configuredAtLaunch": True}]),
            "must be of one kind",
        ),
        (
            task(
                {"mountPoints": [{"sourceVolume": "v", "containerPath": "v"}]},
                volumes=[{"name": "v"}],
            ),
            "containerPath is not an absolute path",
        ),
    ],
)
def test_a_task_that_ecs_refuses_is_refused(given_task: Object, words: str) -> None:
    with pytest.raises(CourseError, match=words):
        convert_task(given_task, {})


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ({"desiredCount": -1}, "desiredCount is impossible"),
        ({"deploymentConfiguration": {"minimumHealthyPercent": 101}}, "is impossible"),
        ({"deploymentConfiguration": {"maximumPercent": 99}}, "is impossible"),
        ({"loadBalancers": [{"containerName": "c0", "containerPort": 81}]}, "(.|\n)*c0:80"),
        ({"loadBalancers": [{"containerName": "x", "containerPort": 80}]}, "no container has"),
    ],
)
def test_a_service_that_ecs_refuses_is_refused(service: Object, words: str) -> None:
    with pytest.raises(CourseError, match=words):
        convert_task(
            task({"portMappings": [{"containerPort": 80}]}), {"serviceName": "s", **service}
        )


POSSIBLE: dict[str, Any] = {
    "containerPath": "/p",
    "sourcePath": "/s",
    "sourceContainer": "c0",
    "sourceVolume": "web",
    "containerPortRange": "8000-8001",
    "minimumHealthyPercent": 50,
    "maximumPercent": 150,
    "containerName": "c0",
    "memoryReservation": 32,
    "cpu": 64,
    "memory": 64,
}
"""Values for fields that cannot have just any."""


def full(shape: Object, name: str = "", depth: int = 0) -> Any:
    """A value of a shape in which every field is set."""
    kind = shape["type"]
    if "enum" in shape:
        return shape["enum"][0]
    if kind == "structure":
        members = shape["members"] if depth < 8 else {}
        every = {n: model.load_shapes()[each["shape"]] for n, each in members.items()}
        return {n: full(each, n, depth + 1) for n, each in every.items()}
    if kind == "list":
        return [full(model.load_shapes()[shape["member"]["shape"]], name, depth + 1)]
    if kind == "map":
        return {"key": "value"}
    by_kind = {"string": "web", "boolean": True, "double": 1.5, "timestamp": "2026"}
    return POSSIBLE.get(name, by_kind.get(kind, 80))


FIELDS = [
    *(
        ("container", name)
        for name in sorted(model.load_shapes()["ContainerDefinition"]["members"])
    ),
    *(("task", name) for name in sorted(TASK_SHAPE["members"])),
    *(("service", name) for name in sorted(SERVICE_SHAPE["members"])),
]


@pytest.mark.parametrize(("where", "name"), FIELDS)
def test_every_field_that_ecs_knows_has_a_place_or_words_of_its_own(where: str, name: str) -> None:
    """None is only found at the end, by `rest`: somebody has thought of each."""
    if (where, name) in {("container", "dependsOn"), ("task", "containerDefinitions")}:
        return  # a container cannot depend on itself; the others are what this is about
    shape = model.load_shapes()["ContainerDefinition"] if where == "container" else TASK_SHAPE
    shape = SERVICE_SHAPE if where == "service" else shape
    value = {name: full(model.load_shapes()[shape["members"][name]["shape"]], name)}
    base: Object = {
        "portMappings": [{"containerPort": 80}],
        "mountPoints": [{"sourceVolume": "web", "containerPath": "/w"}],
    }
    whole = task(base | value if where == "container" else base, volumes=[{"name": "web"}])
    if where == "task":
        whole |= _possible(value)
    made = convert_task(whole, {"serviceName": "s", **value} if where == "service" else {})
    assert "has no counterpart here" not in " ".join(map(str, made.warnings))


def _possible(value: Object) -> Object:
    """A volume is of one kind, and sizes of tasks are texts."""
    if "volumes" in value:
        kinds = value["volumes"][0]
        return {
            "volumes": [
                {"name": "web"},
                *({"name": kind, kind: kinds[kind]} for kind in kinds if kind != "name"),
            ]
        }
    return {name: "64" if name in ("cpu", "memory") else each for name, each in value.items()}


def spec(made: list[Object]) -> Object:
    return next(dict(each["spec"]) for each in made if each["kind"] in ("Deployment", "DaemonSet"))


def test_no_room_for_a_new_pod_becomes_room_for_one() -> None:
    exact = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    made = convert_task(task(), {"serviceName": "s", "deploymentConfiguration": exact})
    assert spec(made.manifests)["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert any("leaves no room" in each.text for each in made.warnings)


def test_a_service_of_another_family_is_warned_of() -> None:
    made = convert_task(task(), {"serviceName": "s", "taskDefinition": "other:3"})
    assert "the service runs 'other'" in " ".join(map(str, made.warnings))


def test_a_grace_period_without_a_load_balancer_is_left_out() -> None:
    made = convert_task(task(), {"serviceName": "s", "healthCheckGracePeriodSeconds": 30})
    assert "service.healthCheckGracePeriodSeconds" in " ".join(map(str, made.warnings))


def test_a_grace_period_becomes_a_startup_probe_that_knocks() -> None:
    balanced = {"serviceName": "s", "loadBalancers": [BALANCED]}
    made = convert_task(
        task({"portMappings": [{"containerPort": 80}]}),
        {**balanced, "healthCheckGracePeriodSeconds": 60},
    )
    probe = spec(made.manifests)["template"]["spec"]["containers"][0]["startupProbe"]
    assert probe["tcpSocket"] == {"port": 80}
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 60


def test_a_host_network_and_its_sysctls() -> None:
    control = [{"namespace": "net.core.somaxconn", "value": "1"}]
    made = convert_task(task({"systemControls": control}, networkMode="host", ipcMode="host"), {})
    pod = spec(made.manifests)["template"]["spec"]
    assert pod["hostNetwork"]
    assert pod["hostIPC"]
    assert "securityContext" not in pod
    assert "set it there" in " ".join(map(str, made.warnings))


def test_two_values_of_one_secret_get_two_keys() -> None:
    secrets = [[{"name": "KEY", "valueFrom": f"arn:{n}"}] for n in range(2)]
    made = convert_task(task(*({"secrets": each} for each in secrets)), {})
    containers = spec(made.manifests)["template"]["spec"]["containers"]
    keys = [each["env"][0]["valueFrom"]["secretKeyRef"]["key"] for each in containers]
    assert keys == ["KEY", "c1.KEY"]


def test_name_and_namespace_are_those_that_were_asked_for() -> None:
    made = convert_task(task({"portMappings": [{"containerPort": 80}]}), {}, "shop", "market")
    assert {(e["metadata"]["name"], e["metadata"]["namespace"]) for e in made.manifests} == {
        ("shop", "market")
    }


@pytest.mark.parametrize("name", ["Shop", "9", "-a", "a_b", "a" * 64, "a\n"])
def test_a_name_that_kubernetes_refuses_is_refused(name: str) -> None:
    with pytest.raises(CourseError, match="This is no name"):
        convert_task(task(), {}, name)
    with pytest.raises(CourseError, match="This is no namespace"):
        convert_task(task(), {}, "", name)


def test_a_field_that_nobody_asks_for_is_warned_of() -> None:
    usage = FieldUsage()
    root = TrackedInput({"known": 1, "new": {"deep": [2]}, "empty": []}, (), usage)
    root.take("known")
    warn_of_unused(root)
    assert [each.path for each in usage.warnings] == ["new.deep[0]"]


def test_structures_cannot_be_taken_as_a_whole() -> None:
    with pytest.raises(TypeError):
        TrackedInput({"list": [{"a": 1}]}, (), FieldUsage()).take("list")


@given(st.text(max_size=80))
def test_every_text_has_a_label_that_kubernetes_takes(text: str) -> None:
    assert LABEL.fullmatch(make_label(text))


def expanded(text: str) -> str:
    """What Kubernetes makes of a value if no variable is known (third_party/forked/golang)."""
    out, at = "", 0
    while at < len(text):
        if text[at] == "$" and text[at + 1 : at + 2] == "$":
            out, at = out + "$", at + 2
        elif text[at] == "$" and text[at + 1 : at + 2] == "(" and ")" in text[at + 2 :]:
            return "a variable was expanded"
        else:
            out, at = out + text[at], at + 1
    return out


@given(st.text(alphabet="$()aB ", max_size=20))
def test_kubernetes_leaves_a_value_as_it_was_on_ecs(text: str) -> None:
    assert expanded(escape_references(text)) == text


@given(st.text(max_size=30))
def test_every_text_survives_yaml(text: str) -> None:
    assert yaml.safe_load(dump_manifests([{"value": text}])) == {"value": text}


WORDS = st.sampled_from(["web", "db", "/data", "80", "8000-8004", "a=b", "$(X)", "Ä", "", "x\ny"])
NUMBERS = st.integers(-1, 4096)


def values(shape: Object, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a shape of the service model."""
    kind = shape["type"]
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    if kind == "structure":
        return structures(shape, depth)
    if kind == "list":
        inner = model.load_shapes()[shape["member"]["shape"]]
        return st.lists(values(inner, depth + 1), max_size=2)
    if kind == "map":
        return st.dictionaries(WORDS, WORDS, max_size=2)
    return {
        "string": WORDS,
        "boolean": st.booleans(),
        "integer": NUMBERS,
        "long": NUMBERS,
        "double": st.floats(0, 100),
        "timestamp": st.just("2026-02-03T10:00:00+00:00"),
    }[kind]


def structures(shape: Object, depth: int) -> st.SearchStrategy[Object]:
    members = shape["members"]
    if depth > 5 or not members:
        return st.just({})
    inner = {
        name: st.deferred(lambda each=each: values(model.load_shapes()[each["shape"]], depth + 1))
        for name, each in members.items()
    }
    names = st.lists(st.sampled_from(sorted(members)), max_size=6, unique=True)
    return names.flatmap(lambda some: st.fixed_dictionaries({name: inner[name] for name in some}))


TASKS = structures(TASK_SHAPE, 0)
CONTAINERS = structures(model.load_shapes()["ContainerDefinition"], 1)
SERVICES = structures(SERVICE_SHAPE, 0)


@st.composite
def inputs(draw: st.DrawFn) -> tuple[Object, Object]:
    """Task definitions and services that are of the right types, and often possible."""
    count = draw(st.integers(1, 3))
    containers = [
        {**draw(CONTAINERS), "name": f"c{n}", "image": "i:1", "memory": 64, "cpu": 0}
        for n in range(count)
    ]
    for each in containers:
        each.pop("memoryReservation", None)
        if draw(st.booleans()):
            for name in ("mountPoints", "portMappings", "dependsOn", "volumesFrom", "stopTimeout"):
                each.pop(name, None)
    whole = {**draw(TASKS), "family": "f", "containerDefinitions": containers}
    for name in ("cpu", "memory", "requiresCompatibilities"):
        if draw(st.booleans()):
            whole.pop(name, None)
    return whole, draw(st.one_of(st.just({}), SERVICES))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(inputs())
def test_nothing_gets_lost_and_nothing_breaks(both: tuple[Object, Object]) -> None:
    whole, service = both
    try:
        made = convert_task(whole, service)
    except CourseError:
        return
    paths = [*find_leaves(whole), *find_leaves(service, ("service",))]
    assert [format_path(path) for path in paths if not made.usage.is_covered(path)] == []
    assert "has no counterpart here" not in " ".join(map(str, made.warnings))
    assert json.loads(json.dumps(made.manifests)) == made.manifests
    assert list(yaml.safe_load_all(dump_manifests(made.manifests))) == made.manifests
