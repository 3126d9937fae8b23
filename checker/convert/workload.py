"""How many Pods there are, how they are replaced, and how they are reached."""

from __future__ import annotations

from checker.base.errors import CourseError
from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.pod_spec import ports, probes
from checker.convert.pod_spec.pod import add_node_label
from checker.convert.tracked_input import Object, TrackedInput

MINIMUM, MAXIMUM = 100, 200
"""Per cent, of a service that says nothing (DeploymentConfiguration of the API of ECS)."""
PROGRESS_SECONDS = 600
TOPOLOGIES = {
    "attribute:ecs.availability-zone": "topology.kubernetes.io/zone",
    "instanceId": "kubernetes.io/hostname",
    "host": "kubernetes.io/hostname",
}


def build_spec(draft: Draft) -> Object:
    """Build what a Deployment, or a DaemonSet, says next to its template.

    Raises:
        CourseError: A number is impossible.
    """
    service = draft.service
    count = service.take("desiredCount")
    if count is not None and count < 0:
        raise CourseError("desiredCount is impossible.", expected="0 or more", found=str(count))
    daemon = service.take("schedulingStrategy") == "DAEMON"
    spec: Object = {} if daemon else {"replicas": 1 if count is None else count}
    if daemon:
        service.omit("desiredCount", "left out: a DaemonSet has a Pod on each node.")
    if service.value:
        configuration = service.get_part("deploymentConfiguration")
        rolling = convert_rolling_update(configuration, count or 0, daemon)
        strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
        spec["updateStrategy" if daemon else "strategy"] = strategy
        convert_failure_handling(configuration, spec, daemon)
    return spec


def convert_rolling_update(limits: TrackedInput, count: int, daemon: bool) -> Object:
    """Convert per cents: ECS bounds the whole by them, Kubernetes what is missing or extra."""
    least = limits.take("minimumHealthyPercent", 0 if daemon else MINIMUM)
    most = limits.take("maximumPercent", 100 if daemon else MAXIMUM)
    if not 0 <= least <= 100 <= most:
        message = "deploymentConfiguration is impossible."
        expected = "minimumHealthyPercent from 0 to 100, maximumPercent from 100"
        raise CourseError(message, expected=expected, found=f"{least} and {most}")
    missing, extra = 100 - least, most - 100
    # Kubernetes refuses a rolling update that may neither add nor remove a Pod.
    if not missing and not extra:
        limits.warn("maximumPercent", "leaves no room for a new Pod; maxSurge 1 does.")
        return {"maxUnavailable": 0, "maxSurge": 1}
    if daemon and missing and extra:
        limits.warn("maximumPercent", "a DaemonSet does either, one more or one less; less it is.")
        extra = 0
    if count and extra and count * most % 100:
        limits.warn("maximumPercent", "ECS rounds it down, Kubernetes up: one Pod more may run.")
    return {
        "maxUnavailable": f"{missing}%" if missing else 0,
        "maxSurge": f"{extra}%" if extra else 0,
    }


def convert_failure_handling(configuration: TrackedInput, spec: Object, daemon: bool) -> None:
    """Convert what becomes of a rollout that fails; the deadline goes into the spec."""
    breaker = configuration.get_part("deploymentCircuitBreaker")
    if breaker.take("enable") and daemon:
        breaker.warn("enable", "left out: a DaemonSet has no deadline.")
    elif breaker.take("enable"):
        spec["progressDeadlineSeconds"] = PROGRESS_SECONDS
        breaker.warn(
            "enable",
            f"a rollout without progress is called failed after {PROGRESS_SECONDS} s; it stays.",
        )
    if breaker.take("rollback"):
        breaker.warn("rollback", "nothing goes back by itself: kubectl rollout undo.")
    breaker.omit("resetOnHealthyTask", "left out: it counts time, not failures.")
    breaker.omit("thresholdConfiguration", "left out: it counts time, not failures.")
    if configuration.take("strategy", "ROLLING") != "ROLLING":
        configuration.warn(
            "strategy", "left out: a Deployment only rolls; others need a tool or a Service."
        )
    configuration.omit("alarms", "left out: nothing watches alarms.")
    configuration.omit("bakeTimeInMinutes", "left out: see minReadySeconds.")
    configuration.omit("lifecycleHooks", "left out.")
    configuration.omit("linearConfiguration", "left out: it belongs to another strategy.")
    configuration.omit("canaryConfiguration", "left out: it belongs to another strategy.")
    configuration.omit("earlySuccessCriteria", "left out: a rollout is done when all Pods are.")


def add_balancer_probes(draft: Draft, containers: dict[str, Object]) -> None:
    """Give the containers behind a load balancer, by their names on ECS, their probes."""
    grace = draft.service.take("healthCheckGracePeriodSeconds", 0)
    for balancer in draft.service.get_parts("loadBalancers"):
        container, port = _find_target(balancer, draft)
        udp = (port, "UDP") in draft.ports and (port, "TCP") not in draft.ports
        if not udp and probes.add_tcp_probe(containers[container], port):
            balancer.warn(
                "targetGroupArn",
                "the health check of the target group is not in this file: the readiness probe "
                "only knocks. Write its path into an httpGet.",
            )
        if grace > 0 and not udp:
            probes.extend_startup_probe(containers[container], grace, port)
    if grace > 0 and not draft.service.has("loadBalancers"):
        draft.service.warn("healthCheckGracePeriodSeconds", "left out: no load balancer asks.")


def _find_target(balancer: TrackedInput, draft: Draft) -> tuple[str, int]:
    name, port = balancer.take("containerName", ""), balancer.take("containerPort", 0)
    known = [(owner, number) for owner, number, _, _ in _list_ports(draft)]
    if (name, port) not in known:
        message = f"loadBalancers[{balancer.path[-1]}] is for a port that no container has."
        expected = ", ".join(f"{owner}:{number}" for owner, number in known) or "a port"
        raise CourseError(message, expected=expected, found=f"{name!a}:{port}")
    return name, port


def _list_ports(draft: Draft) -> list[tuple[str, int, str, TrackedInput]]:
    """List all ports: whose, which, of what protocol, and where they stand."""
    return [
        (container.value["name"], number, mapping.value.get("protocol") or "tcp", mapping)
        for container in draft.task.get_parts("containerDefinitions")
        for mapping in container.get_parts("portMappings")
        for number in ports.list_port_numbers(mapping)
    ]


def build_service(draft: Draft, selector: Object) -> list[Object]:
    """Build the Service: the ports behind a load balancer, or else all of them."""
    balancers = draft.service.get_parts("loadBalancers")
    behind = {_find_target(each, draft) for each in balancers}
    open_ports: dict[tuple[int, str], Object] = {}
    for owner, number, protocol, mapping in _list_ports(draft):
        if behind and (owner, number) not in behind:
            mapping.warn("containerPort", "is not behind the load balancer; no Service has it.")
            mapping.omit("appProtocol", "left out with its port.")
            continue
        port = _make_service_port(number, protocol, mapping, draft)
        key = (port["port"], protocol)
        if key in open_ports:
            mapping.warn(
                "containerPort", f"another container has the port {key[0]} of the Service."
            )
        open_ports.setdefault(key, port)
    if not open_ports:
        return []
    spec: Object = {"selector": selector, "ports": _name_ports(list(open_ports.values()))}
    for balancer in balancers:
        for name in ("targetGroupArn", "loadBalancerName"):
            balancer.omit(
                name,
                "a new load balancer comes from the cloud controller manager (type LoadBalancer); "
                "the old one, its listener, its rules and its certificate stay where they are.",
            )
        balancer.omit("advancedConfiguration", "left out: a Service has no blue and green.")
    if behind:
        spec = {"type": "LoadBalancer", **spec}
    metadata = {"name": draft.name, "labels": selector}
    return [{"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}]


def _make_service_port(number: int, protocol: str, mapping: TrackedInput, draft: Draft) -> Object:
    # Clients of a container in bridge mode know the port of the host, not its own.
    host = mapping.value.get("hostPort")
    listening = host if host and draft.network_mode == "bridge" else number
    port: Object = {"port": listening, "targetPort": number, "protocol": protocol.upper()}
    if app := mapping.take("appProtocol"):
        port["appProtocol"] = ports.APP_PROTOCOLS[app]
    if wanted := mapping.value.get("name"):
        port["name"] = names.make_label(wanted, names.LONGEST_PORT)
    return port


def _name_ports(every: list[Object]) -> list[Object]:
    """Give the ports of a Service names, which several of them need."""
    if len(every) > 1:
        taken: set[str] = set()
        for port in every:
            wanted = port.get("name", f"{port['protocol'].lower()}-{port['port']}")
            port["name"] = names.find_unused_name(wanted, taken, names.LONGEST_PORT)
    return [{"name": port.pop("name"), **port} if "name" in port else port for port in every]


def place_pods(draft: Draft, selector: Object) -> None:
    """Write into the draft where Pods may run, and how they are spread."""
    chosen: dict[str, str] = draft.pod.get("nodeSelector", {})
    for constraint in draft.service.get_parts("placementConstraints"):
        if constraint.take("type") == "distinctInstance":
            constraint.take("expression")
            term = {"labelSelector": {"matchLabels": selector}, "topologyKey": TOPOLOGIES["host"]}
            rule = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
            draft.pod["affinity"] = {"podAntiAffinity": rule}
        else:
            add_node_label(constraint, chosen)
    if chosen:
        draft.pod["nodeSelector"] = chosen
    wanted: dict[str, Object] = {}
    for strategy in draft.service.get_parts("placementStrategy"):
        kind, key = strategy.take("type"), TOPOLOGIES.get(strategy.take("field", ""), "")
        if kind == "spread" and key:
            wanted[key] = {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway"}
            wanted[key]["labelSelector"] = {"matchLabels": selector}
        else:
            strategy.warn("", "left out: the scheduler has its own way, for all Pods.")
    if wanted:
        draft.pod["topologySpreadConstraints"] = list(wanted.values())
