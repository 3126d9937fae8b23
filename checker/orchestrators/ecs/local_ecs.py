"""The ECS emulator: MiniStack behind middleware of ours (emulator/), on 127.0.0.1 alone.

It runs on when the course command ends, and ends by its process id; one that was started before
an update of its code is replaced. Tasks are containers of the course's engine. What it knows is
thrown away when it stops, unless COURSE_ECS_STATE is `keep`.
"""

from __future__ import annotations

import contextlib
import shutil
from importlib import metadata
from pathlib import Path

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.base.fingerprint import fingerprint_package
from checker.base.polling import wait_until
from checker.base.run import Run
from checker.docker import connection, docker_engine
from checker.docker.connection import EngineStatus
from checker.orchestrators.ecs import aws_api, aws_settings, emulator_process
from checker.orchestrators.ecs.emulator import labels

START_SECONDS = 60.0
RESET_SECONDS = 60.0
ASK_SECONDS = 3.0
POLL_SECONDS = 0.05
INSTANCE = "ministack.instance"
"""MiniStack's label that says whose container it is: HOST:PORT."""

WAITING = "Another course command is starting the ECS emulator; waiting for it ..."


def ensure_emulator() -> None:
    """Have an emulator that answers; idempotent, safe when two call at once, also after a kill.

    Raises:
        CouldNotFindOut: No engine, no port, or it does not come up; the error quotes its log.
    """
    docker_engine.ensure_engine()
    if is_ready():
        return
    with paths.lock("ecs", WAITING):
        if not is_ready():  # another process may have started it while this one waited
            emulator_process.end_emulator()
            _remove_containers()
            with console.step("Starting the ECS emulator"):
                emulator_process.choose_port()
                if not emulator_process.persists_state():
                    _delete_state()
                emulator_process.launch_emulator()
                _wait_until_ready()


def emulator_status() -> EngineStatus:
    """Return how the emulator is now."""
    if emulator_process.find_pid() is None:
        return EngineStatus("ecs", False, "", "not started; a page or lab starts it")
    found = read_health()
    if not found:
        detail = f"it does not answer; its log is {emulator_process.log_file()}"
        return EngineStatus("ecs", False, "", detail)
    address = aws_settings.endpoint_url()
    return EngineStatus("ecs", True, str(found.get("version", "")), address, address)


def is_ready() -> bool:
    """Tell whether this course's emulator answers, with the engine and the code of now."""
    number = emulator_process.find_pid()
    if number is None:
        return False
    expected = {
        "process": number,
        "engine": connection.engine_status().host,
        "code": fingerprint_package(),
        "version": metadata.version("ministack"),
    }
    return expected.items() <= read_health().items()


def empty_emulator() -> None:
    """Remove all that is in it: clusters, services, tasks with their containers, load balancers.

    Raises:
        CouldNotFindOut: It does not answer.
    """
    if emulator_process.find_pid() is not None:
        aws_api.call_emulator("/_ministack/reset", "POST", RESET_SECONDS)
    _remove_containers()


def begin_run(run: Run) -> None:
    """Empty the emulator for a run, and note that it is used by it."""
    empty_emulator()
    _forget_runs()
    paths.write_atomically(use_mark(run), "")


def has_begun(run: Run) -> bool:
    """Tell whether the emulator is used by a run, and its state was not deleted since."""
    return use_mark(run).exists()


def forget_run(run: Run) -> None:
    """Note that the emulator is not used by a run any more."""
    use_mark(run).unlink(missing_ok=True)


def list_contents() -> list[str]:
    """Return a line for each resource in it, such as `service demo/web`; none where it is away.

    At its port somebody else may answer then.
    """
    if emulator_process.find_pid() is None:
        return []
    with contextlib.suppress(CouldNotFindOut):
        lines: list[str] = []
        for cluster in aws_api.call_service(aws_api.ECS, "ListClusters")["clusterArns"]:
            name = cluster.rpartition("/")[2]
            lines.append(f"cluster {name}")
            found = aws_api.call_service(aws_api.ECS, "ListServices", cluster=name)["serviceArns"]
            lines += [f"service {name}/{each.rpartition('/')[2]}" for each in found]
        found = aws_api.call_service(aws_api.ECS, "ListTaskDefinitions")["taskDefinitionArns"]
        lines += [f"task definition {each.rpartition('/')[2]}" for each in found]
        balancers = aws_api.call_balancing("DescribeLoadBalancers")
        lines += [f"load balancer {each.findtext('LoadBalancerName')}" for each in balancers]
        return lines
    return []


def stop_emulator() -> None:
    """End it and remove its tasks; its state goes too, unless COURSE_ECS_STATE is `keep`."""
    if emulator_process.find_pid() is not None:
        with console.step("Stopping the ECS emulator"):
            emulator_process.end_emulator()
    if aws_settings.port_file().exists():
        _remove_containers()
    if not emulator_process.persists_state():
        _delete_state()
        aws_settings.port_file().unlink(missing_ok=True)


def use_mark(run: Run) -> Path:
    """Return the file that says that the emulator is used by a run."""
    return aws_settings.aws_folder(run.settings) / f"used-by-{run.name}"


def read_health() -> dict[str, object]:
    """Return what the emulator says of itself; nothing where it does not answer."""
    with contextlib.suppress(CouldNotFindOut, ValueError):
        return aws_api.call_emulator("/_course/health", timeout=ASK_SECONDS)
    return {}


def _delete_state() -> None:
    shutil.rmtree(emulator_process.state_folder(), ignore_errors=True)
    _forget_runs()


def _forget_runs() -> None:
    for mark in aws_settings.aws_folder().glob("used-by-*"):
        mark.unlink(missing_ok=True)


def _wait_until_ready() -> None:
    def has_ended() -> bool:
        return emulator_process.find_pid() is None

    wait_until(lambda: is_ready() or has_ended(), START_SECONDS, POLL_SECONDS)
    if not is_ready():
        raise CouldNotFindOut(
            f"The ECS emulator {'ended at once' if has_ended() else 'does not answer'}.",
            found=emulator_process.read_log_end(),
            next_step=f"The whole log is in {emulator_process.log_file()}.",
        )


def _remove_containers() -> None:
    """Remove containers of tasks that a killed emulator left, on whatever port it was."""
    ours = f"{emulator_process.host_name()}:"
    filters: dict[str, str | list[str] | bool] = {"label": labels.TASK}
    with (
        contextlib.suppress(CouldNotFindOut),
        contextlib.closing(connection.open_client()) as client,
    ):
        for each in client.containers.list(all=True, filters=filters, ignore_removed=True):
            if each.labels.get(INSTANCE, "").startswith(ours):
                with contextlib.suppress(Exception):
                    each.remove(force=True, v=True)
