"""What a task definition says of the task as a whole."""

from __future__ import annotations

import re

from checker.convert.draft import Draft
from checker.convert.pod_spec import sizes
from checker.convert.tracked_input import Object, TrackedInput

ROLE_KEY = "eks.amazonaws.com/role-arn"
ATTRIBUTE = re.compile(r"\s*attribute:(ecs\.[a-z-]+)\s*==\s*([\w.-]{1,63})\s*")
LABELS = {
    "ecs.availability-zone": "topology.kubernetes.io/zone",
    "ecs.instance-type": "node.kubernetes.io/instance-type",
    "ecs.os-type": "kubernetes.io/os",
}
ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64", "x86_64": "amd64", "arm64": "arm64"}


def convert_task_fields(draft: Draft, containers: list[Object]) -> None:
    """Convert everything next to the containers themselves."""
    convert_task_size(draft, containers)
    _convert_network_mode(draft)
    _convert_process_modes(draft)
    select_nodes(draft)
    _convert_roles(draft)
    warn_of_task_fields(draft.task)


def convert_task_size(draft: Draft, containers: list[Object]) -> None:
    """Convert the size of the task: its only container's, or the Pod's."""
    cpu, memory = sizes.read_task_size(draft.task)
    whole: Object = {}
    if cpu is not None:
        whole["cpu"] = sizes.format_millicores(cpu)
    if memory is not None:
        whole["memory"] = f"{memory}Mi"
    # A size of the Pod needs a newer cluster; that of an only container is the same thing.
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
    storage = draft.task.get_part("ephemeralStorage")
    if size := storage.take("sizeInGiB"):
        limits = containers[0].setdefault("resources", {}).setdefault("limits", {})
        limits["ephemeral-storage"] = f"{size}Gi"
        if len(containers) > 1:
            storage.warn("sizeInGiB", "was the whole task's; here it limits the first container.")


def _convert_network_mode(draft: Draft) -> None:
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


def _convert_process_modes(draft: Draft) -> None:
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


def select_nodes(draft: Draft) -> None:
    """Choose the nodes on which the Pod may run, by their labels."""
    chosen: dict[str, str] = {}
    platform = draft.task.get_part("runtimePlatform")
    if system := platform.take("operatingSystemFamily"):
        chosen["kubernetes.io/os"] = "linux" if system == "LINUX" else "windows"
        if system != "LINUX":
            platform.warn("operatingSystemFamily", "needs nodes with Windows of this version.")
    if architecture := platform.take("cpuArchitecture"):
        chosen["kubernetes.io/arch"] = ARCHITECTURES[architecture]
    for constraint in draft.task.get_parts("placementConstraints"):
        add_node_label(constraint, chosen)
    if chosen:
        draft.pod["nodeSelector"] = chosen


def add_node_label(constraint: TrackedInput, chosen: dict[str, str]) -> None:
    """Turn a constraint into a label of nodes, where it is as simple as that."""
    kind, expression = constraint.take("type"), constraint.take("expression", "")
    found = ATTRIBUTE.fullmatch(expression) if kind == "memberOf" else None
    name, value = (found[1], found[2]) if found else ("", "")
    if name == "ecs.cpu-architecture" and value in ARCHITECTURES:
        chosen["kubernetes.io/arch"] = ARCHITECTURES[value]
    elif name in LABELS and value[0].isalnum() and value[-1].isalnum():
        chosen[LABELS[name]] = value
    else:
        constraint.warn(
            "expression", "left out: label the nodes, and use nodeSelector or nodeAffinity."
        )


def _convert_roles(draft: Draft) -> None:
    if role := draft.task.take("taskRoleArn"):
        draft.pod["serviceAccountName"] = draft.name
        draft.task.warn(
            "taskRoleArn",
            f"is {ROLE_KEY} at the ServiceAccount {draft.name}: Amazon EKS knows it, and the role "
            f"must trust the cluster. Elsewhere it does nothing ({role!a}).",
        )
    draft.task.omit(
        "executionRoleArn", "left out: here nodes pull images, and secrets are in the cluster."
    )


def build_service_account(draft: Draft) -> list[Object]:
    """Build the ServiceAccount of a task that has a role."""
    role = draft.task.value.get("taskRoleArn")
    if not role:
        return []
    metadata = {"name": draft.name, "annotations": {ROLE_KEY: role}}
    return [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}]


def warn_of_task_fields(task: TrackedInput) -> None:
    """Warn of what a Pod cannot say."""
    if "FARGATE" in task.take("requiresCompatibilities", []):
        task.warn("requiresCompatibilities", "FARGATE: a cluster has nodes, which somebody keeps.")
    task.omit("proxyConfiguration", "left out: a service mesh of the cluster takes its place.")
    task.omit("inferenceAccelerators", "left out: AWS has ended it.")
    if task.take("enableFaultInjection"):
        task.warn("enableFaultInjection", "left out: it needs a tool of its own.")
