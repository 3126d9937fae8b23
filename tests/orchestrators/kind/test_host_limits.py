"""What kind is told depends on the engine's machine: memory, control groups, rights, limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from checker.docker import connection
from checker.orchestrators.kind import host_limits
from tests.engine_fakes import Programs

GIB = 1024**3
IMAGE = "kindest/node:v1"
RUN = "docker run --rm --privileged --network none --entrypoint sh kindest/node:v1 -c"
ALL_RIGHTS, NO_SYS_RESOURCE = "000001ffffffffff", "000001fffeffffff"


class Machine:
    """The engine's machine: 8 GiB, control groups of version 2, and all that kind wants."""

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.info: dict[str, object] = {"CgroupVersion": "2", "MemTotal": 8 * GIB}
        self.closed = 0
        self.has()

    def has(
        self, rights: str = ALL_RIGHTS, instances: int = 1024, watches: int = 524288
    ) -> Machine:
        self.programs.answers[RUN] = (0, f"{rights}\n{instances}\n{watches}\n")
        return self

    def client(self, timeout: int = 60) -> SimpleNamespace:
        return SimpleNamespace(info=lambda: self.info, close=self._close)

    def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def engine(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    fake = Machine(programs)
    monkeypatch.setattr(connection, "open_client", fake.client)
    monkeypatch.setattr(connection, "cli_environment", lambda: {"DOCKER_HOST": "unix:///fake"})
    host_limits.find_limits.cache_clear()
    yield fake
    host_limits.find_limits.cache_clear()


def configuration(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(host_limits.kind_configuration(IMAGE, **options))
    return found


def kubelet() -> dict[str, Any]:
    (patch,) = configuration()["kubeadmConfigPatches"]
    found: dict[str, Any] = json.loads(patch)
    return found


def test_usual_machine_has_no_quirks(engine: Machine) -> None:
    assert host_limits.find_limits(IMAGE) == host_limits.HostLimits(False, False)
    assert kubelet() == {"kind": "KubeletConfiguration"}
    assert "containerdConfigPatches" not in configuration()


def test_machine_is_asked_once_through_the_courses_engine(engine: Machine) -> None:
    host_limits.find_limits(IMAGE)
    host_limits.find_limits(IMAGE)
    assert len(engine.programs.calls) == 1
    assert engine.programs.environments == [{"DOCKER_HOST": "unix:///fake"}]
    assert engine.closed == 1


def test_control_groups_of_version_1_are_allowed_to_kubelet(engine: Machine) -> None:
    engine.info["CgroupVersion"] = "1"
    assert host_limits.find_limits(IMAGE).old_cgroups
    assert kubelet()["failCgroupV1"] is False


def test_missing_right_to_change_oom_scores_is_told_to_kubelet_and_containerd(
    engine: Machine,
) -> None:
    engine.has(rights=NO_SYS_RESOURCE)
    assert host_limits.find_limits(IMAGE).no_sys_resource
    assert kubelet()["featureGates"] == {"KubeletInUserNamespace": True}
    assert "restrict_oom_score_adj = true" in configuration()["containerdConfigPatches"][0]


@pytest.mark.parametrize(
    ("instances", "watches", "set_to"),
    [
        (128, 65536, (1024, 524288)),
        (8192, 65536, (8192, 524288)),
        (128, 999999, (1024, 999999)),
    ],
    ids=["both", "watches", "instances"],
)
def test_low_limits_are_raised_and_none_is_lowered(
    engine: Machine, instances: int, watches: int, set_to: tuple[int, int]
) -> None:
    engine.has(instances=instances, watches=watches)
    host_limits.find_limits(IMAGE)
    (_, setting) = engine.programs.calls
    assert setting.startswith(RUN)
    assert f"echo {set_to[0]} > /proc/sys/fs/inotify/max_user_instances" in setting
    assert f"echo {set_to[1]} > /proc/sys/fs/inotify/max_user_watches" in setting


def test_limits_that_are_high_enough_are_left_alone(engine: Machine) -> None:
    engine.has(instances=1024, watches=524288)
    host_limits.find_limits(IMAGE)
    assert len(engine.programs.calls) == 1


def test_three_nodes_where_there_is_memory(engine: Machine) -> None:
    engine.info["MemTotal"] = 4 * GIB
    nodes = configuration()["nodes"]
    assert [each["role"] for each in nodes] == ["control-plane", "worker", "worker"]
    assert {each["image"] for each in nodes} == {IMAGE}
    assert host_limits.count_nodes() == 3
    assert host_limits.describe_nodes() == "a control plane and 2 workers"


def test_one_node_only_under_4_gib_and_it_is_said(engine: Machine) -> None:
    engine.info["MemTotal"] = 4 * GIB - 1
    assert [each["role"] for each in configuration()["nodes"]] == ["control-plane"]
    assert host_limits.count_nodes() == 1
    assert host_limits.describe_nodes() == "one node only: there are less than 4 GiB of memory"


def test_api_server_listens_on_this_machine_alone(engine: Machine) -> None:
    assert configuration()["networking"]["apiServerAddress"] == "127.0.0.1"


def test_mounts_are_those_of_the_control_plane(engine: Machine) -> None:
    first, *workers = configuration(mounts={"/host/a": "/node/a"})["nodes"]
    assert first["extraMounts"] == [{"hostPath": "/host/a", "containerPath": "/node/a"}]
    assert not any("extraMounts" in each for each in workers)
