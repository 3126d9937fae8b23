"""A container definition becomes a container of the Pod."""

from __future__ import annotations

import re

from checker.base.errors import CourseError
from checker.convert.draft import Draft
from checker.convert.pod_spec import environment, hosts, ports, probes, security, sizes, volumes
from checker.convert.tracked_input import Object, TrackedInput

ECR = re.compile(r"\d{12}\.dkr\.ecr\.")
SECONDS_TO_STOP = 30
"""What ECS gives a container between SIGTERM and SIGKILL (ECS_CONTAINER_STOP_TIMEOUT)."""
DEVICES = {"GPU": "nvidia.com/gpu", "NeuronDevice": "aws.amazon.com/neuron"}


def convert_container(source: TrackedInput, draft: Draft) -> Object:
    """Convert a container definition; what belongs to the Pod goes into the draft."""
    container: Object = {
        "name": draft.containers[source.value["name"]],
        "image": convert_image(source, draft),
    }
    # What ECS and Docker call command is args on Kubernetes.
    for ours, theirs in (("command", "entryPoint"), ("args", "command")):
        if words := source.take(theirs):
            container[ours] = [environment.escape_references(word) for word in words]
    if folder := source.take("workingDirectory"):
        container["workingDir"] = folder
    container |= {
        "ports": ports.convert_ports(source, draft),
        **environment.convert_environment(source, draft),
        "resources": convert_resources(source),
        "volumeMounts": volumes.convert_mounts(source, draft),
        "securityContext": security.convert_security_context(source, draft),
        **probes.convert_health_check(source, draft.runs_once(source)),
        "stdin": source.take("interactive"),
        "tty": source.take("pseudoTerminal"),
    }
    hosts.convert_host_names(source, draft)
    convert_lifecycle(source, draft)
    warn_of_container_fields(source)
    return {name: value for name, value in container.items() if value not in (None, False, [], {})}


def convert_image(source: TrackedInput, draft: Draft) -> str:
    """Return the image; a Secret to pull it with goes into the draft."""
    image = str(source.take("image"))
    if ECR.match(image):
        source.warn(
            "image", "is in a private registry: the nodes need the right to pull it, which the "
            "execution role gave on ECS."
        )  # fmt: skip
    if source.get_part("repositoryCredentials").take("credentialsParameter"):
        secret = f"{draft.name}-registry"
        pulls = draft.pod.setdefault("imagePullSecrets", [])
        if {"name": secret} not in pulls:
            pulls.append({"name": secret})
        source.warn(
            "repositoryCredentials",
            f"the Pod asks for a Secret {secret}; make it: kubectl create secret docker-registry "
            f"{secret} --docker-server=... --docker-username=... --docker-password=...",
        )
    return image


def convert_resources(source: TrackedInput) -> Object:
    """Convert CPU, a share on ECS and so a request; memory, a limit on both; and devices."""
    limits: Object = {}
    requests: Object = {}
    if units := source.take("cpu"):
        requests["cpu"] = sizes.format_millicores(units)
    if reserved := source.take("memoryReservation"):
        requests["memory"] = f"{reserved}Mi"
    if limit := source.take("memory"):
        limits["memory"] = f"{limit}Mi"
    for device in source.get_parts("resourceRequirements"):
        kind, amount = device.take("type"), device.take("value")
        if kind in DEVICES and re.fullmatch(r"[1-9]\d{0,3}", str(amount), re.A):
            limits[DEVICES[kind]] = int(amount)
            device.warn("", f"needs the device plugin of {DEVICES[kind]} on the nodes.")
        else:
            device.warn("", "has no counterpart; left out.")
    return {name: value for name, value in (("requests", requests), ("limits", limits)) if value}


def convert_lifecycle(source: TrackedInput, draft: Draft) -> None:
    """Convert how a container ends, and what its end means to the others."""
    seconds = source.take("stopTimeout", SECONDS_TO_STOP)
    if seconds < 0:
        raise CourseError("stopTimeout is impossible.", expected="0 or more", found=str(seconds))
    draft.pod["terminationGracePeriodSeconds"] = max(
        draft.pod.get("terminationGracePeriodSeconds", 0), seconds
    )
    several = len(draft.containers) > 1
    if several and source.value.get("stopTimeout"):
        source.warn(
            "stopTimeout", "the grace period is the whole Pod's; the longest of them is used."
        )
    if source.take("essential", True) is False:
        if not draft.runs_once(source):
            source.warn(
                "essential", "false: its end did not matter on ECS; the kubelet starts it again."
            )
    elif several and source.has("essential"):
        source.warn(
            "essential", "true: on ECS its end ends the whole task; here it alone is started again."
        )
    for key, value in (source.value.get("dockerLabels") or {}).items():
        source.usage.used.add((*source.path, "dockerLabels", key))
        draft.add_annotation(source, "dockerLabels", key, value)


def warn_of_container_fields(source: TrackedInput) -> None:
    """Warn of what a container of a Pod cannot say."""
    source.omit(
        "logConfiguration",
        "left out: what a container writes to standard output is kept by the kubelet (kubectl "
        "logs); to send it elsewhere, run a log collector on the nodes.",
    )
    source.omit("firelensConfiguration", "left out: a log collector on the nodes takes its place.")
    source.omit("ulimits", "left out: a Pod cannot set them; the container runtime does.")
    source.omit("startTimeout", "left out: nothing gives up on a dependency after a time.")
    source.omit("credentialSpecs", "left out: see securityContext.windowsOptions.")
    if source.take("disableNetworking"):
        source.warn("disableNetworking", "left out: use a NetworkPolicy.")
    if source.take("versionConsistency") == "enabled":
        source.warn(
            "versionConsistency",
            "ECS would pin the tag to what it meant at first; write the digest into image.",
        )
    policy = source.get_part("restartPolicy")
    if policy.take("enabled") is False:
        policy.warn(
            "enabled", "false has no counterpart: a Deployment's containers always restart."
        )
    policy.omit("ignoredExitCodes", "left out: a Deployment's containers restart after any.")
    policy.omit("restartAttemptPeriod", "left out: the kubelet waits 10 s, then longer each time.")
