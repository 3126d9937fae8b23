"""What a task definition says of the task as a whole."""

from __future__ import annotations

import re

from checker.convert.draft import Draft
from checker.convert.pod_spec import sizes
from checker.convert.tracked_input import Given, Object

ROLE_KEY = "eks.amazonaws.com/role-arn"
ATTRIBUTE = re.compile(r"\s*attribute:(ecs\.[a-z-]+)\s*==\s*([\w.-]{1,63})\s*")
LABELS = {
    "ecs.availability-zone": "topology.kubernetes.io/zone",
    "ecs.instance-type": "node.kubernetes.io/instance-type",
    "ecs.os-type": "kubernetes.io/os",
}
ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64", "x86_64": "amd64", "arm64": "arm64"}


def settle(draft: Draft, containers: list[Object]) -> None:
    """Everything beside the containers themselves."""
    _size(draft, containers)
    _network(draft)
    _processes(draft)
    _nodes(draft)
    _roles(draft)
    _without_counterpart(draft.task)


def _size(draft: Draft, containers: list[Object]) -> None:
    """The size of the task: its only container's, or the Pod's."""
    cpu, memory = sizes.task_size(draft.task)
    whole: Object = {}
    if cpu is not None:
        whole["cpu"] = sizes.millicores(cpu)
    if memory is not None:
        whole["memory"] = sizes.mebibytes(memory)
    if whole and len(containers) == 1:
        limits = containers[0].setdefault("resources", {}).setdefault("limits", {})
        for name, amount in whole.items():
            limits.setdefault(name, amount)
    elif whole:
        draft.pod["resources"] = {"requests": whole, "limits": dict(whole)}
        draft.task.warn(
            "memory" if memory is not None else "cpu",
            "is the size of the whole Pod (resources of a Pod), which clusters from 1.34 on know.",
        )
    _disk(draft.task.part("ephemeralStorage"), containers)


def _disk(given: Given, containers: list[Object]) -> None:
    if size := given.take("sizeInGiB"):
        limits = containers[0].setdefault("resources", {}).setdefault("limits", {})
        limits["ephemeral-storage"] = f"{size}Gi"
        if len(containers) > 1:
            given.warn("sizeInGiB", "was the whole task's; here it limits the first container.")


def _network(draft: Draft) -> None:
    mode = draft.task.take("networkMode")
    if mode == "host":
        draft.pod |= {"hostNetwork": True}
        draft.pod.setdefault("dnsPolicy", "ClusterFirstWithHostNet")
        draft.task.warn("networkMode", "host: kept; two such Pods cannot share a node.")
    elif mode == "none":
        draft.task.warn("networkMode", "none: every Pod has a network; use a NetworkPolicy.")
    elif mode == "bridge" and len(draft.containers) > 1:
        draft.task.warn(
            "networkMode", "bridge: containers had addresses of their own; those of a Pod share "
            "one, so that two of them cannot listen on the same port."
        )  # fmt: skip


def _processes(draft: Draft) -> None:
    pid, ipc = draft.task.take("pidMode"), draft.task.take("ipcMode")
    if pid == "host":
        draft.pod.pop("shareProcessNamespace", None)
        draft.pod["hostPID"] = True
        draft.task.warn("pidMode", "host: kept; the Pod sees all processes of its node.")
    elif pid == "task":
        draft.pod["shareProcessNamespace"] = True
    if ipc == "host":
        draft.pod["hostIPC"] = True
        draft.task.warn("ipcMode", "host: kept; the Pod shares memory with its node.")
    elif ipc == "none":
        draft.task.warn("ipcMode", "none: containers of a Pod always share this namespace.")


def _nodes(draft: Draft) -> None:
    """On which nodes it may run."""
    chosen: dict[str, str] = {}
    platform = draft.task.part("runtimePlatform")
    if system := platform.take("operatingSystemFamily"):
        chosen["kubernetes.io/os"] = "linux" if system == "LINUX" else "windows"
        if system != "LINUX":
            platform.warn("operatingSystemFamily", "needs nodes with Windows of this version.")
    if architecture := platform.take("cpuArchitecture"):
        chosen["kubernetes.io/arch"] = ARCHITECTURES[architecture]
    for given in draft.task.parts("placementConstraints"):
        place(given, given.take("type"), given.take("expression", ""), chosen)
    if chosen:
        draft.pod["nodeSelector"] = chosen


def place(given: Given, kind: str | None, expression: str, chosen: dict[str, str]) -> None:
    """Turn a constraint into a label of nodes, where it is as simple as that."""
    found = ATTRIBUTE.fullmatch(expression) if kind == "memberOf" else None
    name, value = (found[1], found[2]) if found else ("", "")
    if name == "ecs.cpu-architecture" and value in ARCHITECTURES:
        chosen["kubernetes.io/arch"] = ARCHITECTURES[value]
    elif name in LABELS and value[0].isalnum() and value[-1].isalnum():
        chosen[LABELS[name]] = value
    else:
        given.warn("expression", "left out: label the nodes, and use nodeSelector or nodeAffinity.")


def _roles(draft: Draft) -> None:
    if role := draft.task.take("taskRoleArn"):
        draft.pod["serviceAccountName"] = draft.name
        draft.task.warn(
            "taskRoleArn",
            f"is {ROLE_KEY} at the ServiceAccount {draft.name}: Amazon EKS knows it, and the role "
            f"must trust the cluster. Elsewhere it does nothing ({role!a}).",
        )
    draft.task.leave(
        "executionRoleArn", "left out: here nodes pull images, and secrets are in the cluster."
    )


def account(draft: Draft) -> list[Object]:
    """The ServiceAccount of a task that has a role."""
    role = draft.task.value.get("taskRoleArn")
    if not role:
        return []
    metadata = {"name": draft.name, "annotations": {ROLE_KEY: role}}
    return [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}]


def _without_counterpart(task: Given) -> None:
    if "FARGATE" in task.take("requiresCompatibilities", []):
        task.warn("requiresCompatibilities", "FARGATE: a cluster has nodes, which somebody keeps.")
    task.leave("proxyConfiguration", "left out: a service mesh of the cluster takes its place.")
    task.leave("inferenceAccelerators", "left out: AWS has ended it.")
    if task.take("enableFaultInjection"):
        task.warn("enableFaultInjection", "left out: it needs a tool of its own.")
