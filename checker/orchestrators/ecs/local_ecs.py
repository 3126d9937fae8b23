"""The ECS emulator: MiniStack behind a door of ours (emulator/), on 127.0.0.1 alone.

It runs on when the course command ends, and ends by its process id; one that was started before
an update of its code is replaced. Tasks are containers of the course's engine. What it knows is
thrown away when it stops, unless COURSE_ECS_STATE is `keep`.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from importlib import metadata
from pathlib import Path

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.base.fingerprint import fingerprint_package
from checker.docker import docker_engine
from checker.docker.docker_engine import EngineStatus
from checker.orchestrators.ecs import aws_api, aws_settings, emulator_process
from checker.orchestrators.ecs.emulator import labels

START_SECONDS = 60.0
RESET_SECONDS = 60.0
ASK_SECONDS = 3.0
POLL_SECONDS = 0.05
INSTANCE = "ministack.instance"
"""MiniStack's label that says whose container it is: HOST:PORT."""


def ensure() -> None:
    """Have an emulator that answers; idempotent, safe when two call at once, also after a kill.

    Raises:
        CouldNotFindOut: No engine, no port, or it does not come up; the error quotes its log.
    """
    docker_engine.ensure()
    if is_ready():
        return
    with paths.lock("ecs", _say_waiting):
        if not is_ready():
            emulator_process.end()
            _remove_containers()
            with console.step("Starting the ECS emulator"):
                emulator_process.choose_port()
                if not emulator_process.keeps_state():
                    _throw_away()
                emulator_process.launch()
                _wait_until_ready()


def status() -> EngineStatus:
    """The emulator as it is now."""
    if emulator_process.pid() is None:
        return EngineStatus("ecs", False, "", "not started; a page or lab starts it")
    found = _health()
    if not found:
        return EngineStatus(
            "ecs", False, "", f"it does not answer; its log is {emulator_process.log()}"
        )
    version = str(found.get("version", ""))
    return EngineStatus("ecs", True, version, aws_settings.endpoint(), aws_settings.endpoint())


def is_ready() -> bool:
    """Whether this course's emulator answers, with the engine and the code that are used now."""
    number = emulator_process.pid()
    if number is None:
        return False
    wanted = {
        "process": number,
        "engine": docker_engine.status().host,
        "code": fingerprint_package(),
        "version": metadata.version("ministack"),
    }
    return wanted.items() <= _health().items()


def reset() -> None:
    """Remove all that is in it: clusters, services, tasks with their containers, load balancers.

    Raises:
        CouldNotFindOut: It does not answer.
    """
    if emulator_process.pid() is not None:
        aws_api.manage("/_ministack/reset", "POST", RESET_SECONDS)
    _remove_containers()


def begin(name: str) -> None:
    """Empty it for a page or lab, and note that it is used by it.

    Args:
        name: The journal's.
    """
    reset()
    _forget_all()
    paths.write_atomically(_mark(name), "")


def is_begun(name: str) -> bool:
    """Whether it is used by that page or lab, and was not thrown away since."""
    return _mark(name).exists()


def forget(name: str) -> None:
    """It is not used by that page or lab any more."""
    _mark(name).unlink(missing_ok=True)


def contents() -> list[str]:
    """A line for each thing that is in it, such as `service demo/web`; nothing where it is away.

    At its port somebody else may answer then.
    """
    if emulator_process.pid() is None:
        return []
    with contextlib.suppress(CouldNotFindOut):
        lines = []
        for cluster in aws_api.call(aws_api.ECS, "ListClusters")["clusterArns"]:
            name = cluster.rpartition("/")[2]
            lines.append(f"cluster {name}")
            found = aws_api.call(aws_api.ECS, "ListServices", cluster=name)["serviceArns"]
            lines += [f"service {name}/{each.rpartition('/')[2]}" for each in found]
        found = aws_api.call(aws_api.ECS, "ListTaskDefinitions")["taskDefinitionArns"]
        lines += [f"task definition {each.rpartition('/')[2]}" for each in found]
        balancers = aws_api.balancing("DescribeLoadBalancers")
        return [
            *lines,
            *(f"load balancer {each.findtext('LoadBalancerName')}" for each in balancers),
        ]
    return []


def stop() -> None:
    """End it and remove its tasks; its state goes too, unless COURSE_ECS_STATE is `keep`."""
    if emulator_process.pid() is not None:
        with console.step("Stopping the ECS emulator"):
            emulator_process.end()
    if aws_settings.port_file().exists():
        _remove_containers()
    if not emulator_process.keeps_state():
        _throw_away()
        aws_settings.port_file().unlink(missing_ok=True)


def _mark(name: str) -> Path:
    return aws_settings.folder() / f"used-by-{name}"


def _throw_away() -> None:
    shutil.rmtree(emulator_process.state_folder(), ignore_errors=True)
    _forget_all()


def _forget_all() -> None:
    for mark in aws_settings.folder().glob("used-by-*"):
        mark.unlink(missing_ok=True)


def _health() -> dict[str, object]:
    with contextlib.suppress(CouldNotFindOut, ValueError):
        return aws_api.manage("/_course/health", timeout=ASK_SECONDS)
    return {}


def _wait_until_ready() -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        ended = emulator_process.pid() is None
        if ended or time.monotonic() > deadline:
            raise CouldNotFindOut(
                f"The ECS emulator {'ended at once' if ended else 'does not answer'}.",
                found=emulator_process.last_words(),
                next_step=f"The whole log is in {emulator_process.log()}.",
            )
        time.sleep(POLL_SECONDS)


def _remove_containers() -> None:
    """Containers of tasks that a killed emulator left, on whatever port it was."""
    ours = f"{emulator_process.host()}:"
    with contextlib.suppress(CouldNotFindOut), contextlib.closing(docker_engine.client()) as client:
        wanted: dict[str, str | list[str] | bool] = {"label": labels.TASK}
        for each in client.containers.list(all=True, filters=wanted, ignore_removed=True):
            if each.labels.get(INSTANCE, "").startswith(ours):
                with contextlib.suppress(Exception):
                    each.remove(force=True, v=True)


def _say_waiting() -> None:
    console.err.print("Another course command is starting the ECS emulator; waiting for it ...")
