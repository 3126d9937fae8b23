"""The scheduler of services, in place of MiniStack's: rolling updates and the circuit breaker.

MiniStack starts all new tasks, waits a second, and stops all old ones, whatever their health is.
Here `rollout` decides, four times a second and whenever something changed. Texts of rolloutState
and of stopped tasks: docs.aws.amazon.com, How the Amazon ECS deployment circuit breaker detects
failures, and public reports of errors.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from checker.orchestrators.ecs import aws_settings
from checker.orchestrators.ecs.emulator import rollout, task_health
from checker.orchestrators.ecs.emulator.load_balancing.targets import FASTER, Targets
from checker.orchestrators.ecs.emulator.rollout import Copy, Step
from checker.orchestrators.ecs.emulator.stopping import Stopping

LOOK_SECONDS = 0.25
PROGRESS, COMPLETED, FAILED = "IN_PROGRESS", "COMPLETED", "FAILED"
ILLNESSES = ("Task failed ELB health checks", "Task failed container health checks")
Object = dict[str, Any]


class Scheduler:
    """Keeps every service as it is wanted.

    Args:
        ecs: MiniStack's module of ECS.
        targets: The health of targets.
        stopping: What ends tasks.
    """

    def __init__(self, ecs: Any, targets: Targets, stopping: Stopping) -> None:
        self._ecs = ecs
        self._targets = targets
        self._stopping = stopping
        self._lock = threading.RLock()

    def start(self) -> None:
        """Look at every service for as long as this process lives, in a thread."""
        threading.Thread(target=self._go, daemon=True, name="course-ecs-scheduler").start()

    def _go(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with contextlib.suppress(Exception), self._scope():
                self.look()

    def _scope(self) -> Any:
        return self._ecs.request_scope(aws_settings.ACCOUNT, aws_settings.REGION)

    def look(self) -> None:
        """Look at every task whose containers are asked, and at every service, once."""
        for task in list(self._ecs._tasks.values()):
            definition = self._definition(task["taskDefinitionArn"])
            if task["lastStatus"] == "RUNNING" and task_health.is_asked(definition):
                task_health.look(task, definition, self._ecs._get_docker())
        for key in list(self._ecs._services.keys()):
            self.reconcile(key.partition("/")[0], key)

    def reconcile(self, cluster: str, key: str) -> None:
        """Start and stop what one service needs now.

        Args:
            key: As in demo/web.
        """
        with self._lock:
            service = self._ecs._services.get(key)
            if not service or service["status"] != "ACTIVE" or not service["deployments"]:
                return
            primary = self._ecs._primary_deployment(service)
            tasks = self._tasks(service)
            copies = [self._copy(service, primary, each) for each in tasks.values()]
            self._note_healthy(service, primary, copies, tasks)
            goal = rollout.of_service(service, primary.get("rolloutState") == FAILED)
            step = rollout.plan(copies, goal)
            self._do(cluster, service, primary, step, tasks)

    def failed(self, task: Object, digest_resolution_failed: bool = False) -> None:
        """A task ended by itself or did not start: count it, and make up for it."""
        cluster = self._ecs._cluster_name_from_arn(task["clusterArn"])
        name = str(task.get("group", "")).removeprefix("service:")
        key = f"{cluster}/{name}"
        with self._lock:
            service = self._ecs._services.get(key)
            if service and not digest_resolution_failed:
                self._count(service, task)
        self.reconcile(cluster, key)

    # --- what there is

    def _tasks(self, service: Object) -> dict[str, Object]:
        group, cluster = f"service:{service['serviceName']}", service["clusterArn"]
        return {
            arn: each
            for arn, each in list(self._ecs._tasks.items())
            if each.get("group") == group
            and each.get("clusterArn") == cluster
            and each.get("lastStatus") in self._ecs._PRE_STOP_STATUSES
            and each.get("desiredStatus") != "STOPPED"
        }

    def _copy(self, service: Object, primary: Object, task: Object) -> Copy:
        new = self._ecs._deployment_for_task(service, task) is primary
        health = self._health(service, task)
        return Copy(task["taskArn"], new, health, self._ecs._ts_to_epoch(task["createdAt"]))

    def _health(self, service: Object, task: Object) -> str:
        if task["lastStatus"] != "RUNNING":
            return rollout.PENDING
        since = task.setdefault("_running_since", time.monotonic())
        age = time.monotonic() - since
        asked = task_health.is_asked(self._definition(task["taskDefinitionArn"]))
        grace = int(service.get("healthCheckGracePeriodSeconds") or 0) / FASTER
        said = task.get("healthStatus") if asked else None
        return task_health.judge(said, self._target_states(service, task), age, grace)

    def _target_states(self, service: Object, task: Object) -> list[str]:
        address = str(self._ecs._task_ip(task))
        return [
            self._targets.state((each["targetGroupArn"], address, int(each["containerPort"])))
            for each in service.get("loadBalancers", [])
            if each.get("targetGroupArn")
        ]

    def _definition(self, name: str) -> Object:
        return self._ecs._task_defs.get(self._ecs._resolve_td_key(name)) or {}

    # --- what is done

    def _do(
        self, cluster: str, service: Object, primary: Object, step: Step, tasks: dict[str, Object]
    ) -> None:
        scaling = f"Scaling activity initiated by (deployment {primary['id']})"
        for arn in (*step.scale_in, *step.old):
            self._stopping.begin(tasks[arn], scaling, "ServiceSchedulerInitiated")
        for arn in step.sick:
            self._stopping.begin(tasks[arn], self._illness(service, tasks[arn]), "")
            self._count(service, tasks[arn])
        if step.start and self._ecs._primary_deployment(service) is primary:
            self._run(cluster, service, primary, step.start)
        if step.steady and primary.get("rolloutState") == PROGRESS:
            self._complete(service, primary)
        if step != Step(steady=step.steady):
            self._ecs._recount_cluster(cluster)
            self._ecs._refresh_service_state(cluster, f"service:{service['serviceName']}")

    def _run(self, cluster: str, service: Object, primary: Object, count: int) -> None:
        self._ecs._run_task(
            {
                "cluster": cluster,
                "taskDefinition": service["taskDefinition"],
                "count": count,
                "group": f"service:{service['serviceName']}",
                "startedBy": service["serviceName"],
                "launchType": service.get("launchType"),
                "capacityProviderStrategy": service.get("capacityProviderStrategy"),
                "platformVersion": service.get("platformVersion", ""),
                "networkConfiguration": service.get("networkConfiguration", {}),
                "enableExecuteCommand": service.get("enableExecuteCommand", False),
                "_deploymentId": primary["id"],
            }
        )

    def _illness(self, service: Object, task: Object) -> str:
        if task.get("healthStatus") == task_health.BAD:
            return ILLNESSES[1]
        groups = [each.get("targetGroupArn", "") for each in service.get("loadBalancers", [])]
        return f"{ILLNESSES[0]} in (target-group {', '.join(groups)})"

    # --- deployments

    def _note_healthy(
        self, service: Object, primary: Object, copies: list[Copy], tasks: dict[str, Object]
    ) -> None:
        """A task that becomes healthy sets the count of failures back, unless that is off."""
        resets = self._breaker(service).get("resetOnHealthyTask", True)
        for each in copies:
            task = tasks[each.name]
            if each.health == rollout.HEALTHY and not task.get("_startup_stable"):
                task["_startup_stable"] = True
                if each.new and resets and primary.get("rolloutState") == PROGRESS:
                    primary["failedTasks"] = 0

    def _count(self, service: Object, task: Object) -> None:
        """Count a failure, and end the deployment where it is one too many."""
        primary = self._ecs._primary_deployment(service)
        mine = self._ecs._deployment_for_task(service, task) is primary
        if not mine or not primary or primary.get("rolloutState") != PROGRESS:
            return
        primary["failedTasks"] = int(primary.get("failedTasks", 0)) + 1
        primary["updatedAt"] = self._ecs._iso()
        breaker = self._breaker(service)
        if breaker.get("enable") and primary["failedTasks"] >= self._ecs._circuit_breaker_threshold(
            service
        ):
            self._fail(service, primary, bool(breaker.get("rollback")))

    def _fail(self, service: Object, deployment: Object, back: bool) -> None:
        reason = "ECS deployment circuit breaker: tasks failed to start."
        deployment.update(rolloutState=FAILED, rolloutStateReason=reason, desiredCount=0)
        every = service["deployments"]
        good = next((each for each in every if each.get("rolloutState") == COMPLETED), None)
        if not back or good is None:
            return
        deployment["status"] = "ACTIVE"
        good.update(
            status="PRIMARY",
            desiredCount=service["desiredCount"],
            rolloutState=PROGRESS,
            rolloutStateReason="ECS deployment circuit breaker: rolling back to deploymentId "
            f"{good['id']}.",
            updatedAt=self._ecs._iso(),
        )
        service["taskDefinition"] = good["taskDefinition"]
        every.sort(key=lambda each: each["status"] != "PRIMARY")

    def _complete(self, service: Object, primary: Object) -> None:
        primary.update(
            rolloutState=COMPLETED,
            rolloutStateReason=f"ECS deployment {primary['id']} completed.",
            updatedAt=self._ecs._iso(),
        )
        service["deployments"] = [
            each
            for each in service["deployments"]
            if each is primary or each["createdAt"] > primary["createdAt"]
        ]

    def _breaker(self, service: Object) -> Object:
        given = service.get("deploymentConfiguration") or {}
        return dict(given.get("deploymentCircuitBreaker") or {})
