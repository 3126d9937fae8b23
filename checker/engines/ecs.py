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
from checker.engines import aws, awsconfig, ecsprocess
from checker.engines.emulator import labels

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
            ecsprocess.end()
            _remove_containers()
            with console.step("Starting the ECS emulator"):
                ecsprocess.choose_port()
                if not ecsprocess.keeps_state():
                    _throw_away()
                ecsprocess.launch()
                _wait_until_ready()


def status() -> EngineStatus:
    """The emulator as it is now."""
    if ecsprocess.pid() is None:
        return EngineStatus("ecs", False, "", "not started; a page or lab starts it")
    found = _health()
    if not found:
        return EngineStatus("ecs", False, "", f"it does not answer; its log is {ecsprocess.log()}")
    version = str(found.get("version", ""))
    return EngineStatus("ecs", True, version, awsconfig.endpoint(), awsconfig.endpoint())


def is_ready() -> bool:
    """Whether this course's emulator answers, with the engine and the code that are used now."""
    number = ecsprocess.pid()
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
    if ecsprocess.pid() is not None:
        aws.manage("/_ministack/reset", "POST", RESET_SECONDS)
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
    if ecsprocess.pid() is None:
        return []
    with contextlib.suppress(CouldNotFindOut):
        lines = []
        for cluster in aws.call(aws.ECS, "ListClusters")["clusterArns"]:
            name = cluster.rpartition("/")[2]
            lines.append(f"cluster {name}")
            found = aws.call(aws.ECS, "ListServices", cluster=name)["serviceArns"]
            lines += [f"service {name}/{each.rpartition('/')[2]}" for each in found]
        found = aws.call(aws.ECS, "ListTaskDefinitions")["taskDefinitionArns"]
        lines += [f"task definition {each.rpartition('/')[2]}" for each in found]
        balancers = aws.balancing("DescribeLoadBalancers")
        return [
            *lines,
            *(f"load balancer {each.findtext('LoadBalancerName')}" for each in balancers),
        ]
    return []


def stop() -> None:
    """End it and remove its tasks; its state goes too, unless COURSE_ECS_STATE is `keep`."""
    if ecsprocess.pid() is not None:
        with console.step("Stopping the ECS emulator"):
            ecsprocess.end()
    if awsconfig.port_file().exists():
        _remove_containers()
    if not ecsprocess.keeps_state():
        _throw_away()
        awsconfig.port_file().unlink(missing_ok=True)


def _mark(name: str) -> Path:
    return awsconfig.folder() / f"used-by-{name}"


def _throw_away() -> None:
    shutil.rmtree(ecsprocess.state_folder(), ignore_errors=True)
    _forget_all()


def _forget_all() -> None:
    for mark in awsconfig.folder().glob("used-by-*"):
        mark.unlink(missing_ok=True)


def _health() -> dict[str, object]:
    with contextlib.suppress(CouldNotFindOut, ValueError):
        return aws.manage("/_course/health", timeout=ASK_SECONDS)
    return {}


def _wait_until_ready() -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        ended = ecsprocess.pid() is None
        if ended or time.monotonic() > deadline:
            raise CouldNotFindOut(
                f"The ECS emulator {'ended at once' if ended else 'does not answer'}.",
                found=ecsprocess.last_words(),
                next_step=f"The whole log is in {ecsprocess.log()}.",
            )
        time.sleep(POLL_SECONDS)


def _remove_containers() -> None:
    """Containers of tasks that a killed emulator left, on whatever port it was."""
    ours = f"{ecsprocess.host()}:"
    with contextlib.suppress(CouldNotFindOut), contextlib.closing(docker_engine.client()) as client:
        wanted: dict[str, str | list[str] | bool] = {"label": labels.TASK}
        for each in client.containers.list(all=True, filters=wanted, ignore_removed=True):
            if each.labels.get(INSTANCE, "").startswith(ours):
                with contextlib.suppress(Exception):
                    each.remove(force=True, v=True)


def _say_waiting() -> None:
    console.err.print("Another course command is starting the ECS emulator; waiting for it ...")
