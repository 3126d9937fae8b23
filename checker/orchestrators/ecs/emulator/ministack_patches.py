"""Puts the course's load balancing and scheduling in the place of MiniStack's.

MiniStack calls these functions of its modules by their names, so that replacing the names is
enough. Which they are is tied to its version, which requirements.txt pins; the live tests tell
when another version does otherwise.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from checker.orchestrators.ecs import aws_settings
from checker.orchestrators.ecs.emulator import watcher
from checker.orchestrators.ecs.emulator.load_balancing import target_group_settings
from checker.orchestrators.ecs.emulator.load_balancing.alb_route import Front
from checker.orchestrators.ecs.emulator.load_balancing.forwarding import Forwarding
from checker.orchestrators.ecs.emulator.load_balancing.health_checks import HealthChecks
from checker.orchestrators.ecs.emulator.load_balancing.targets import Key, Targets
from checker.orchestrators.ecs.emulator.scheduler import Scheduler
from checker.orchestrators.ecs.emulator.stopping import Stopping

BY_ADDRESS = ("instance", "ip")


def install() -> tuple[Targets, Front]:
    """Replace what MiniStack does otherwise than AWS, and start what looks after it."""
    from ministack.services import alb, ecs  # type: ignore[import-untyped]

    targets = Targets(lambda group: registered(alb, group))
    _balance(alb, targets)
    _schedule(ecs, alb, targets)

    def groups() -> list[dict[str, Any]]:
        return list(alb._tgs.values())

    def scope() -> AbstractContextManager[Any]:
        scoped: AbstractContextManager[Any] = ecs.request_scope(*_WHERE)
        return scoped

    HealthChecks(groups, targets, scope).start()
    return targets, Front(alb, scope)


_WHERE = (aws_settings.ACCOUNT, aws_settings.REGION)


def registered(alb: Any, group: str) -> list[Key]:
    """The targets that MiniStack has in a group."""
    port = (alb._tgs.get(group) or {}).get("Port", 80)
    found = alb._targets.get(group) or []
    return [(group, str(each["Id"]), int(each.get("Port") or port)) for each in found]


def _balance(alb: Any, targets: Targets) -> None:
    forwarding = Forwarding(targets)
    others = alb._forward_to_tg

    async def forward(
        group: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        raw_query_string: str | None = None,
        raw_path: str | None = None,
    ) -> Any:
        kind = (alb._tgs.get(group) or {}).get("TargetType", "")
        if kind not in BY_ADDRESS:
            return await others(
                group, method, path, headers, body, query, raw_query_string, raw_path
            )
        asked = urlencode(query, doseq=True) if raw_query_string is None else raw_query_string
        whole = (raw_path or path) + (f"?{asked}" if asked else "")
        return await forwarding.forward(group, method, whole, headers, body)

    alb._forward_to_tg = forward
    alb._ACTION_MAP["DescribeTargetHealth"] = lambda params: _health(alb, targets, params)
    for action in ("CreateTargetGroup", "ModifyTargetGroup"):
        alb._ACTION_MAP[action] = _judged(alb, alb._ACTION_MAP[action])


def _judged(alb: Any, answer: Any) -> Any:
    def judged(params: dict[str, Any]) -> Any:
        trouble = target_group_settings.trouble(lambda name: str(alb._p(params, name)))
        return alb._error("ValidationError", trouble) if trouble else answer(params)

    return judged


def _health(alb: Any, targets: Targets, params: dict[str, Any]) -> Any:
    group = alb._p(params, "TargetGroupArn")
    if group not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
    wanted = {each["Id"] for each in alb._parse_targets_param(params)}
    told = "".join(
        _told(key, health.state, health.reason, health.text)
        for key, health in targets.describe(group)
        if not wanted or key[1] in wanted
    )
    listed = f"<TargetHealthDescriptions>{told}</TargetHealthDescriptions>"
    return alb._xml(200, "DescribeTargetHealth", listed)


def _told(key: Key, state: str, reason: str, text: str) -> str:
    why = f"<Reason>{reason}</Reason><Description>{escape(text)}</Description>" if reason else ""
    return (
        f"<member><Target><Id>{escape(key[1])}</Id><Port>{key[2]}</Port></Target>"
        f"<HealthCheckPort>{key[2]}</HealthCheckPort>"
        f"<TargetHealth><State>{state}</State>{why}</TargetHealth></member>"
    )


def _schedule(ecs: Any, alb: Any, targets: Targets) -> None:
    stopping = Stopping(ecs, alb._tg_attrs, targets)
    scheduler = Scheduler(ecs, targets, stopping)
    make = ecs._make_deployment

    def deployment(*given: Any, **named: Any) -> dict[str, Any]:
        made: dict[str, Any] = make(*given, **named)
        reason = f"ECS deployment {made['id']} in progress."
        return {**made, "rolloutState": "IN_PROGRESS", "rolloutStateReason": reason}

    ecs._make_deployment = deployment
    ecs._maybe_mark_stopped = _looked_at_when_needed(ecs._maybe_mark_stopped)
    ecs._stop_task = ecs._ACTION_MAP["StopTask"] = stopping.stop_task
    ecs._reconcile_service_tasks = scheduler.reconcile
    ecs._record_service_task_failure = scheduler.failed
    for name in ("_complete_service_deployment", "_schedule_service_deployment_completion"):
        setattr(ecs, name, lambda *_, **__: None)
    scheduler.start()


def _looked_at_when_needed(look: Any) -> Any:
    """MiniStack asks Docker ten times a second for each task, and at every call that lists tasks.

    Docker tells when a container ends; so a task is looked at then, and now and then beside.
    """

    def looked(task: dict[str, Any], client: Any = None) -> None:
        if client is not None and watcher.is_due(task):
            look(task, client)

    return looked
