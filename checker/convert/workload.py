"""How many Pods there are, how they are replaced, and how they are reached."""

from __future__ import annotations

from checker.base.errors import CourseError
from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.pod_spec import ports, probes
from checker.convert.pod_spec.pod import place
from checker.convert.tracked_input import Given, Object

MINIMUM, MAXIMUM = 100, 200
"""Per cent, of a service that says nothing (DeploymentConfiguration of the API of ECS)."""
PROGRESS_SECONDS = 600
TOPOLOGIES = {
    "attribute:ecs.availability-zone": "topology.kubernetes.io/zone",
    "instanceId": "kubernetes.io/hostname",
    "host": "kubernetes.io/hostname",
}


def is_daemon(draft: Draft) -> bool:
    return draft.service.value.get("schedulingStrategy") == "DAEMON"


def spec(draft: Draft) -> Object:
    """What a Deployment, or a DaemonSet, says beside its template.

    Raises:
        CourseError: A number is impossible.
    """
    service = draft.service
    count = service.take("desiredCount")
    if count is not None and count < 0:
        raise CourseError("desiredCount is impossible.", expected="0 or more", found=str(count))
    daemon = service.take("schedulingStrategy") == "DAEMON"
    made: Object = {} if daemon else {"replicas": 1 if count is None else count}
    if daemon:
        service.leave("desiredCount", "left out: a DaemonSet has a Pod on each node.")
    if service.value:
        rolling = _rolling(service.part("deploymentConfiguration"), count or 0, daemon)
        strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
        made["updateStrategy" if daemon else "strategy"] = strategy
        _circuit_breaker(service.part("deploymentConfiguration"), made, daemon)
    return made


def _rolling(given: Given, count: int, daemon: bool) -> Object:
    """The per cents of ECS bound the whole, those of Kubernetes what is missing or extra."""
    least = given.take("minimumHealthyPercent", 0 if daemon else MINIMUM)
    most = given.take("maximumPercent", 100 if daemon else MAXIMUM)
    if not 0 <= least <= 100 <= most:
        raise CourseError(
            "deploymentConfiguration is impossible.",
            expected="minimumHealthyPercent from 0 to 100, maximumPercent from 100",
            found=f"{least} and {most}",
        )
    missing, extra = 100 - least, most - 100
    if not missing and not extra:
        given.warn("maximumPercent", "leaves no room for a new Pod; maxSurge 1 does.")
        return {"maxUnavailable": 0, "maxSurge": 1}
    if daemon and missing and extra:
        given.warn("maximumPercent", "a DaemonSet does either, one more or one less; less it is.")
        extra = 0
    if count and extra and count * most % 100:
        given.warn("maximumPercent", "ECS rounds it down, Kubernetes up: one Pod more may run.")
    return {
        "maxUnavailable": f"{missing}%" if missing else 0,
        "maxSurge": f"{extra}%" if extra else 0,
    }


def _circuit_breaker(given: Given, made: Object, daemon: bool) -> None:
    breaker = given.part("deploymentCircuitBreaker")
    if breaker.take("enable") and daemon:
        breaker.warn("enable", "left out: a DaemonSet has no deadline.")
    elif breaker.take("enable"):
        made["progressDeadlineSeconds"] = PROGRESS_SECONDS
        breaker.warn(
            "enable",
            f"a rollout without progress is called failed after {PROGRESS_SECONDS} s; it stays.",
        )
    if breaker.take("rollback"):
        breaker.warn("rollback", "nothing goes back by itself: kubectl rollout undo.")
    breaker.leave("resetOnHealthyTask", "left out: it counts time, not failures.")
    breaker.leave("thresholdConfiguration", "left out: it counts time, not failures.")
    if given.take("strategy", "ROLLING") != "ROLLING":
        given.warn(
            "strategy", "left out: a Deployment only rolls; others need a tool or a Service."
        )
    given.leave("alarms", "left out: nothing watches alarms.")
    given.leave("bakeTimeInMinutes", "left out: see minReadySeconds.")
    given.leave("lifecycleHooks", "left out.")
    given.leave("linearConfiguration", "left out: it belongs to another strategy.")
    given.leave("canaryConfiguration", "left out: it belongs to another strategy.")
    given.leave("earlySuccessCriteria", "left out: a rollout is done when all Pods are.")


def balance(draft: Draft, made: dict[str, Object]) -> None:
    """What a load balancer means to the containers behind it: probes.

    Args:
        made: The containers by the names that ECS knows.
    """
    grace = draft.service.take("healthCheckGracePeriodSeconds", 0)
    for given in draft.service.parts("loadBalancers"):
        container, port = _target(given, draft)
        udp = (port, "UDP") in draft.ports and (port, "TCP") not in draft.ports
        if not udp and probes.knock(made[container], port):
            given.warn(
                "targetGroupArn",
                "the health check of the target group is not in this file: the readiness probe "
                "only knocks. Write its path into an httpGet.",
            )
        if grace > 0 and not udp:
            probes.slower_start(made[container], grace, port)
    if grace > 0 and not draft.service.has("loadBalancers"):
        draft.service.warn("healthCheckGracePeriodSeconds", "left out: no load balancer asks.")


def _target(given: Given, draft: Draft) -> tuple[str, int]:
    name, port = given.take("containerName", ""), given.take("containerPort", 0)
    if name not in draft.containers or (name, port) not in {
        (owner, number) for owner, number, _, _ in _ports(draft)
    }:
        raise CourseError(
            f"loadBalancers[{given.path[-1]}] is for a port that no container has.",
            expected=", ".join(f"{owner}:{n}" for owner, n, _, _ in _ports(draft)) or "a port",
            found=f"{name!a}:{port}",
        )
    return name, port


def _ports(draft: Draft) -> list[tuple[str, int, str, Given]]:
    """All ports: whose, which, of what protocol, and where they stand."""
    return [
        (container.value["name"], number, mapping.value.get("protocol") or "tcp", mapping)
        for container in draft.task.parts("containerDefinitions")
        for mapping in container.parts("portMappings")
        for number in ports.numbers(mapping)
    ]


def door(draft: Draft, selector: Object) -> list[Object]:
    """The Service: the ports behind a load balancer, or else all of them."""
    behind = {_target(each, draft) for each in draft.service.parts("loadBalancers")}
    open_ports: dict[tuple[int, str], Object] = {}
    for owner, number, protocol, mapping in _ports(draft):
        if behind and (owner, number) not in behind:
            mapping.warn("containerPort", "is not behind the load balancer; no Service has it.")
            mapping.leave("appProtocol", "left out with its port.")
            continue
        _add(open_ports, number, protocol, mapping, draft)
    if not open_ports:
        return []
    made: Object = {"selector": selector, "ports": _named(list(open_ports.values()))}
    if behind:
        _announce(draft.service.parts("loadBalancers"))
        made = {"type": "LoadBalancer", **made}
    metadata = {"name": draft.name, "labels": selector}
    return [{"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": made}]


def _add(
    known: dict[tuple[int, str], Object], number: int, protocol: str, given: Given, draft: Draft
) -> None:
    host = given.value.get("hostPort")
    outside = host if host and draft.network == "bridge" else number
    port: Object = {"port": outside, "targetPort": number, "protocol": protocol.upper()}
    if app := given.take("appProtocol"):
        port["appProtocol"] = ports.APP_PROTOCOLS[app]
    if wanted := given.value.get("name"):
        port["name"] = names.label(wanted, names.LONGEST_PORT)
    if (outside, protocol) in known:
        given.warn("containerPort", f"another container has the port {outside} of the Service.")
    known.setdefault((outside, protocol), port)


def _named(every: list[Object]) -> list[Object]:
    """Several ports of a Service need names."""
    if len(every) > 1:
        taken: set[str] = set()
        for port in every:
            plain = f"{port['protocol'].lower()}-{port['port']}"
            port["name"] = names.unused(port.get("name", plain), taken, names.LONGEST_PORT)
    return [{"name": port.pop("name"), **port} if "name" in port else port for port in every]


def _announce(balancers: list[Given]) -> None:
    for given in balancers:
        for name in ("targetGroupArn", "loadBalancerName"):
            given.leave(
                name,
                "a new load balancer comes from the cloud controller manager (type LoadBalancer); "
                "the old one, its listener, its rules and its certificate stay where they are.",
            )
        given.leave("advancedConfiguration", "left out: a Service has no blue and green.")


def spread(draft: Draft, selector: Object) -> None:
    """Where Pods may run, and how they are spread."""
    chosen: dict[str, str] = draft.pod.get("nodeSelector", {})
    for given in draft.service.parts("placementConstraints"):
        kind, expression = given.take("type"), given.take("expression", "")
        if kind == "distinctInstance":
            term = {"labelSelector": {"matchLabels": selector}, "topologyKey": TOPOLOGIES["host"]}
            rule = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
            draft.pod["affinity"] = {"podAntiAffinity": rule}
        else:
            place(given, kind, expression, chosen)
    if chosen:
        draft.pod["nodeSelector"] = chosen
    _strategies(draft, selector)


def _strategies(draft: Draft, selector: Object) -> None:
    wanted: dict[str, Object] = {}
    for given in draft.service.parts("placementStrategy"):
        kind, key = given.take("type"), TOPOLOGIES.get(given.take("field", ""), "")
        if kind == "spread" and key:
            wanted[key] = {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway"}
            wanted[key]["labelSelector"] = {"matchLabels": selector}
        else:
            given.warn("", "left out: the scheduler has its own way, for all Pods.")
    if wanted:
        draft.pod["topologySpreadConstraints"] = list(wanted.values())
