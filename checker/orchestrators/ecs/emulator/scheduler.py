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

from checker.orchestrators.ecs.emulator import ministack_state, rollout, task_health
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets
from checker.orchestrators.ecs.emulator.rollout import RolloutStep, ServiceTask
from checker.orchestrators.ecs.emulator.stopping import TaskStopper
from checker.orchestrators.ecs.health_check_rules import FASTER

LOOK_SECONDS = 0.25
GROUP = "targetGroupArn"
PROGRESS, COMPLETED, FAILED = "IN_PROGRESS", "COMPLETED", "FAILED"
ILLNESSES = ("Task failed ELB health checks", "Task failed container health checks")
Object = dict[str, Any]


class Scheduler:
    """Keeps every service as it is wanted; `ecs` is MiniStack's module of ECS."""

    def __init__(self, ecs: Any, targets: Targets, stopper: TaskStopper) -> None:
        self._ecs = ecs
        self._targets = targets
        self._stopper = stopper
        self._lock = threading.RLock()

    def start_thread(self) -> None:
        """Look at every service for as long as this process lives, in a thread."""
        name = "course-ecs-scheduler"
        threading.Thread(target=self._reconcile_forever, daemon=True, name=name).start()

    def _reconcile_forever(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            # MiniStack's threads change its records meanwhile; the next look finds them whole.
            with contextlib.suppress(Exception), ministack_state.open_scope(self._ecs):
                self.reconcile_all()

    def reconcile_all(self) -> None:
        """Look at every task whose containers have a health check, and at every service, once."""
        for task in list(self._ecs._tasks.values()):
            definition = ministack_state.find_definition(self._ecs, task["taskDefinitionArn"])
            if task["lastStatus"] == "RUNNING" and task_health.has_health_check(definition):
                task_health.update_health(task, definition, self._ecs._get_docker())
        for key in list(self._ecs._services.keys()):
            self.reconcile_service(key.partition("/")[0], key)

    def reconcile_service(self, cluster: str, key: str) -> None:
        """Start and stop what one service needs now; the key is as in demo/web."""
        with self._lock:
            service = self._ecs._services.get(key)
            if not service or service["status"] != "ACTIVE" or not service["deployments"]:
                return
            primary = self._ecs._primary_deployment(service)
            kept = find_kept_deployment(service, primary)
            tasks = self._find_active_tasks(service)
            rated = [self._rate_task(service, primary, kept, each) for each in tasks.values()]
            self._note_healthy_tasks(service, primary, rated, tasks)
            left = sum(each.kept for each in rated)
            lost = max(0, int(kept["desiredCount"]) - left) if kept else 0
            goal = rollout.read_goal(service, primary.get("rolloutState") == FAILED, lost)
            step = rollout.plan_step(rated, goal)
            self._apply_step(cluster, service, step, tasks)

    def record_failure(self, task: Object, digest_resolution_failed: bool = False) -> None:
        """Count a task that ended by itself or did not start, and make up for it."""
        cluster, key = ministack_state.find_service_key(self._ecs, task)
        with self._lock:
            service = self._ecs._services.get(key)
            if service and not digest_resolution_failed:
                self._count_failure(service, task)
        self.reconcile_service(cluster, key)

    # --- what there is

    def _find_active_tasks(self, service: Object) -> dict[str, Object]:
        group, cluster = f"service:{service['serviceName']}", service["clusterArn"]
        return {
            arn: each
            for arn, each in list(self._ecs._tasks.items())
            if each.get("group") == group
            and each.get("clusterArn") == cluster
            and each.get("lastStatus") in self._ecs._PRE_STOP_STATUSES
            and each.get("desiredStatus") != "STOPPED"
        }

    def _rate_task(
        self, service: Object, primary: Object, kept: Object | None, task: Object
    ) -> ServiceTask:
        deployment = self._ecs._deployment_for_task(service, task)
        health = rollout.PENDING
        if task["lastStatus"] == "RUNNING":
            since = task.setdefault("_running_since", time.monotonic())
            age = time.monotonic() - since
            definition = ministack_state.find_definition(self._ecs, task["taskDefinitionArn"])
            has_check = task_health.has_health_check(definition)
            grace = int(service.get("healthCheckGracePeriodSeconds") or 0) / FASTER
            address = str(self._ecs._task_ip(task))
            balancers = [each for each in service.get("loadBalancers", []) if each.get(GROUP)]
            keys = [(each[GROUP], address, int(each["containerPort"])) for each in balancers]
            states = [self._targets.find_state(each) for each in keys]
            of_containers = task.get("healthStatus") if has_check else None
            health = task_health.rate_task(of_containers, states, age, grace)
        created = self._ecs._ts_to_epoch(task["createdAt"])
        new, old = deployment is primary, deployment is not None and deployment is kept
        return ServiceTask(task["taskArn"], new, health, created, old)

    # --- what is done

    def _apply_step(
        self, cluster: str, service: Object, step: RolloutStep, tasks: dict[str, Object]
    ) -> None:
        primary = self._ecs._primary_deployment(service)
        kept = find_kept_deployment(service, primary)
        scaling = f"Scaling activity initiated by (deployment {primary['id']})"
        for arn in (*step.scale_in, *step.old):
            # One that the rollout takes away is not wanted any more; one that dies is.
            if kept and self._ecs._deployment_for_task(service, tasks[arn]) is kept:
                kept["desiredCount"] = max(0, int(kept["desiredCount"]) - 1)
            self._stopper.begin_stop(tasks[arn], scaling, "ServiceSchedulerInitiated")
        for arn in step.sick:
            reason = ILLNESSES[1]
            if tasks[arn].get("healthStatus") != task_health.BAD:
                balancers = service.get("loadBalancers", [])
                groups = ", ".join(each.get(GROUP, "") for each in balancers)
                reason = f"{ILLNESSES[0]} in (target-group {groups})"
            self._stopper.begin_stop(tasks[arn], reason, "")
            self._count_failure(service, tasks[arn])
        # Counting may have rolled the deployment back; it starts no more then.
        if self._ecs._primary_deployment(service) is primary:
            for deployment, count in ((kept, step.replace), (primary, step.start)):
                if deployment and count:
                    self._start_tasks(cluster, service, deployment, count)
        if step.steady and primary.get("rolloutState") == PROGRESS:
            self._complete_deployment(service, primary)
        if step != RolloutStep(steady=step.steady):
            ministack_state.refresh_counts(self._ecs, cluster, f"service:{service['serviceName']}")

    def _start_tasks(self, cluster: str, service: Object, deployment: Object, count: int) -> None:
        self._ecs._run_task(
            {
                "cluster": cluster,
                "taskDefinition": deployment["taskDefinition"],
                "count": count,
                "group": f"service:{service['serviceName']}",
                "startedBy": service["serviceName"],
                "launchType": service.get("launchType"),
                "capacityProviderStrategy": service.get("capacityProviderStrategy"),
                "platformVersion": service.get("platformVersion", ""),
                "networkConfiguration": service.get("networkConfiguration", {}),
                "enableExecuteCommand": service.get("enableExecuteCommand", False),
                "_deploymentId": deployment["id"],
            }
        )

    # --- deployments

    def _note_healthy_tasks(
        self, service: Object, primary: Object, rated: list[ServiceTask], tasks: dict[str, Object]
    ) -> None:
        """Set the count of failures back for a task that becomes healthy, unless that is off."""
        resets = self._read_breaker(service).get("resetOnHealthyTask", True)
        for each in rated:
            task = tasks[each.name]
            if each.health == rollout.HEALTHY and not task.get("_startup_stable"):
                task["_startup_stable"] = True
                if each.new and resets and primary.get("rolloutState") == PROGRESS:
                    primary["failedTasks"] = 0

    def _count_failure(self, service: Object, task: Object) -> None:
        """Count a failure, and end the deployment where it is one too many."""
        primary = self._ecs._primary_deployment(service)
        mine = self._ecs._deployment_for_task(service, task) is primary
        if not mine or not primary or primary.get("rolloutState") != PROGRESS:
            return
        primary["failedTasks"] = int(primary.get("failedTasks", 0)) + 1
        primary["updatedAt"] = self._ecs._iso()
        breaker = self._read_breaker(service)
        most = self._ecs._circuit_breaker_threshold(service)
        if breaker.get("enable") and primary["failedTasks"] >= most:
            self._fail_deployment(service, primary, bool(breaker.get("rollback")))

    def _fail_deployment(self, service: Object, deployment: Object, back: bool) -> None:
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

    def _complete_deployment(self, service: Object, primary: Object) -> None:
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

    def _read_breaker(self, service: Object) -> Object:
        given = service.get("deploymentConfiguration") or {}
        return dict(given.get("deploymentCircuitBreaker") or {})


def find_kept_deployment(service: Object, primary: Object) -> Object | None:
    """Return the deployment that was completed last and is being replaced, if there is one."""
    return next(
        (
            each
            for each in service["deployments"]
            if each is not primary and each.get("rolloutState") == COMPLETED
        ),
        None,
    )
