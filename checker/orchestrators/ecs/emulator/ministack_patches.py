"""Puts the course's load balancing and scheduling in the place of MiniStack's.

MiniStack calls these functions of its modules by their names, so that replacing the names is
enough. private_names.py lists them, with reasons and versions; docker_patches.py replaces those of
the Docker SDK, and forwarding.py one of aiohttp.
"""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from checker.orchestrators.ecs.emulator import ministack_state, watcher
from checker.orchestrators.ecs.emulator.load_balancing import target_group_settings
from checker.orchestrators.ecs.emulator.load_balancing.alb_route import AlbRoute
from checker.orchestrators.ecs.emulator.load_balancing.forwarding import RequestForwarder
from checker.orchestrators.ecs.emulator.load_balancing.health_checks import HealthChecks
from checker.orchestrators.ecs.emulator.load_balancing.targets import TargetKey, Targets
from checker.orchestrators.ecs.emulator.private_names import replace_name
from checker.orchestrators.ecs.emulator.scheduler import Scheduler
from checker.orchestrators.ecs.emulator.stopping import TaskStopper

BY_ADDRESS = ("instance", "ip")


def install_patches() -> tuple[Targets, AlbRoute]:
    """Replace what MiniStack does otherwise than AWS, and start what looks after it."""
    from ministack.services import alb, ecs  # type: ignore[import-untyped]

    targets = Targets(lambda group: list_registered_targets(alb, group))
    patch_load_balancing(alb, targets)
    patch_scheduling(ecs, alb, targets)

    scope = functools.partial(ministack_state.open_scope, ecs)
    HealthChecks(lambda: list(alb._tgs.values()), targets, scope).start_thread()
    return targets, AlbRoute(alb, scope)


def list_registered_targets(alb: Any, group: str) -> list[TargetKey]:
    """List the targets that MiniStack has in a group."""
    port = (alb._tgs.get(group) or {}).get("Port", 80)
    registered = alb._targets.get(group) or []
    return [(group, str(each["Id"]), int(each.get("Port") or port)) for each in registered]


def patch_load_balancing(alb: Any, targets: Targets) -> None:
    """Have requests forwarded, and the health of targets told, by the course."""
    forwarder = RequestForwarder(targets)
    forward_otherwise = alb._forward_to_tg
    actions = alb._ACTION_MAP

    async def forward_to_target(
        group: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        raw_query_string: str | None = None,
        raw_path: str | None = None,
    ) -> Any:
        target_type = (alb._tgs.get(group) or {}).get("TargetType", "")
        if target_type not in BY_ADDRESS:
            return await forward_otherwise(
                group, method, path, headers, body, query, raw_query_string, raw_path
            )
        sent = urlencode(query, doseq=True) if raw_query_string is None else raw_query_string
        full_path = (raw_path or path) + (f"?{sent}" if sent else "")
        return await forwarder.forward_request(group, method, full_path, headers, body)

    replace_name(alb, "_forward_to_tg", forward_to_target)
    describe = functools.partial(describe_target_health, alb, targets)
    replace_name(actions, "DescribeTargetHealth", describe)
    create, modify = actions["CreateTargetGroup"], actions["ModifyTargetGroup"]
    replace_name(actions, "CreateTargetGroup", refuse_bad_settings(alb, create))
    replace_name(actions, "ModifyTargetGroup", refuse_bad_settings(alb, modify))


def refuse_bad_settings(alb: Any, answer: Any) -> Any:
    """Wrap an operation of MiniStack, so that it refuses what AWS refuses of health checks."""

    def answer_if_valid(params: dict[str, Any]) -> Any:
        violation = target_group_settings.find_violation(lambda name: str(alb._p(params, name)))
        return alb._error("ValidationError", violation) if violation else answer(params)

    return answer_if_valid


def describe_target_health(alb: Any, targets: Targets, params: dict[str, Any]) -> Any:
    """Answer DescribeTargetHealth."""
    group = alb._p(params, "TargetGroupArn")
    if group not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
    wanted = {each["Id"] for each in alb._parse_targets_param(params)}
    members = "".join(
        render_target_health(key, health.state, health.reason, health.text)
        for key, health in targets.describe_group(group)
        if not wanted or key[1] in wanted
    )
    listed = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
    return alb._xml(200, "DescribeTargetHealth", listed)


def render_target_health(key: TargetKey, state: str, reason: str, text: str) -> str:
    """Write a target and its health as XML."""
    why = f"<Reason>{reason}</Reason><Description>{escape(text)}</Description>" if reason else ""
    return (
        f"<member><Target><Id>{escape(key[1])}</Id><Port>{key[2]}</Port></Target>"
        f"<HealthCheckPort>{key[2]}</HealthCheckPort>"
        f"<TargetHealth><State>{state}</State>{why}</TargetHealth></member>"
    )


def patch_scheduling(ecs: Any, alb: Any, targets: Targets) -> None:
    """Have services scheduled, and tasks stopped, by the course."""
    stopper = TaskStopper(ecs, alb._tg_attrs, targets)
    scheduler = Scheduler(ecs, targets, stopper)
    make = ecs._make_deployment

    def make_deployment(*given: Any, **named: Any) -> dict[str, Any]:
        made: dict[str, Any] = make(*given, **named)
        # MiniStack says COMPLETED at once; the scheduler says so when the tasks are healthy.
        reason = f"ECS deployment {made['id']} in progress."
        return {**made, "rolloutState": "IN_PROGRESS", "rolloutStateReason": reason}

    def do_nothing(*_: Any, **__: Any) -> None: ...

    replace_name(ecs, "_make_deployment", make_deployment)
    replace_name(ecs, "_maybe_mark_stopped", look_when_due(ecs._maybe_mark_stopped))
    replace_name(ecs, "_stop_task", stopper.stop_task)
    # The map has the old function itself; the new name would not reach it.
    replace_name(ecs._ACTION_MAP, "StopTask", stopper.stop_task)
    replace_name(ecs, "_reconcile_service_tasks", scheduler.reconcile_service)
    replace_name(ecs, "_record_service_task_failure", scheduler.record_failure)
    replace_name(ecs, "_complete_service_deployment", do_nothing)
    replace_name(ecs, "_schedule_service_deployment_completion", do_nothing)
    scheduler.start_thread()


def look_when_due(look: Any) -> Any:
    """Wrap MiniStack's look at a task, so that it looks only where there is a reason.

    MiniStack asks Docker ten times a second for each task, and at every call that lists tasks.
    Docker tells when a container ends; so a task is looked at then, and now and then besides.
    """

    def look_if_due(task: dict[str, Any], client: Any = None) -> None:
        if client is not None and watcher.is_due(task):
            look(task, client)

    return look_if_due
