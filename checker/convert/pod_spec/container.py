"""A container definition becomes a container of the Pod."""

from __future__ import annotations

import re

from checker.base.errors import CourseError
from checker.convert.draft import Draft
from checker.convert.pod_spec import environment, hosts, ports, probes, security, sizes, volumes
from checker.convert.tracked_input import Given, Object

ECR = re.compile(r"\d{12}\.dkr\.ecr\.")
SECONDS_TO_STOP = 30
"""What ECS gives a container between SIGTERM and SIGKILL (ECS_CONTAINER_STOP_TIMEOUT)."""
DEVICES = {"GPU": "nvidia.com/gpu", "NeuronDevice": "aws.amazon.com/neuron"}


def convert(given: Given, draft: Draft) -> Object:
    """The container; what belongs to the Pod goes into the draft."""
    made: Object = {"name": draft.containers[given.value["name"]], "image": _image(given, draft)}
    for ours, theirs in (("command", "entryPoint"), ("args", "command")):
        if words := given.take(theirs):
            made[ours] = [environment.literal(word) for word in words]
    if folder := given.take("workingDirectory"):
        made["workingDir"] = folder
    made |= {"ports": ports.of(given, draft), **environment.environment(given, draft)}
    made |= {"resources": _resources(given), "volumeMounts": volumes.mounts(given, draft)}
    made |= {
        "securityContext": security.context(given, draft),
        **probes.of(given, draft.ends(given)),
    }
    made |= {"stdin": given.take("interactive"), "tty": given.take("pseudoTerminal")}
    hosts.settle(given, draft)
    _life(given, draft)
    _without_counterpart(given)
    return {name: value for name, value in made.items() if value not in (None, False, [], {})}


def _image(given: Given, draft: Draft) -> str:
    image = str(given.take("image"))
    if ECR.match(image):
        given.warn(
            "image", "is in a private registry: the nodes need the right to pull it, which the "
            "execution role gave on ECS."
        )  # fmt: skip
    if given.part("repositoryCredentials").take("credentialsParameter"):
        secret = f"{draft.name}-registry"
        pulls = draft.pod.setdefault("imagePullSecrets", [])
        if {"name": secret} not in pulls:
            pulls.append({"name": secret})
        given.warn(
            "repositoryCredentials",
            f"the Pod asks for a Secret {secret}; make it: kubectl create secret docker-registry "
            f"{secret} --docker-server=... --docker-username=... --docker-password=...",
        )
    return image


def _resources(given: Given) -> Object:
    """CPU is a share on ECS, so it becomes a request; memory is a limit on both."""
    limits: Object = {}
    requests: Object = {}
    if units := given.take("cpu"):
        requests["cpu"] = sizes.millicores(units)
    if reserved := given.take("memoryReservation"):
        requests["memory"] = sizes.mebibytes(reserved)
    if limit := given.take("memory"):
        limits["memory"] = sizes.mebibytes(limit)
    for device in given.parts("resourceRequirements"):
        kind, amount = device.take("type"), device.take("value")
        if kind in DEVICES and re.fullmatch(r"[1-9]\d{0,3}", str(amount), re.A):
            limits[DEVICES[kind]] = int(amount)
            device.warn("", f"needs the device plugin of {DEVICES[kind]} on the nodes.")
        else:
            device.warn("", "has no counterpart; left out.")
    return {name: value for name, value in (("requests", requests), ("limits", limits)) if value}


def _life(given: Given, draft: Draft) -> None:
    """How it begins and ends, and what its end means to the others."""
    seconds = given.take("stopTimeout", SECONDS_TO_STOP)
    if seconds < 0:
        raise CourseError("stopTimeout is impossible.", expected="0 or more", found=str(seconds))
    draft.pod["terminationGracePeriodSeconds"] = max(
        draft.pod.get("terminationGracePeriodSeconds", 0), seconds
    )
    several = len(draft.containers) > 1
    if several and given.value.get("stopTimeout"):
        given.warn(
            "stopTimeout", "the grace period is the whole Pod's; the longest of them is used."
        )
    if given.take("essential", True) is False:
        if not draft.ends(given):
            given.warn(
                "essential", "false: its end did not matter on ECS; the kubelet starts it again."
            )
    elif several and given.has("essential"):
        given.warn(
            "essential",
            "true: on ECS its end ends the whole task; here it alone is started again.",
        )
    for key, value in (given.value.get("dockerLabels") or {}).items():
        given.notes.used.add((*given.path, "dockerLabels", key))
        draft.annotate(given, "dockerLabels", key, value)


def _without_counterpart(given: Given) -> None:
    given.leave(
        "logConfiguration",
        "left out: what a container writes to standard output is kept by the kubelet (kubectl "
        "logs); to send it elsewhere, run a log collector on the nodes.",
    )
    given.leave("firelensConfiguration", "left out: a log collector on the nodes takes its place.")
    given.leave("ulimits", "left out: a Pod cannot set them; the container runtime does.")
    given.leave("startTimeout", "left out: nothing gives up on a dependency after a time.")
    given.leave("credentialSpecs", "left out: see securityContext.windowsOptions.")
    if given.take("disableNetworking"):
        given.warn("disableNetworking", "left out: use a NetworkPolicy.")
    if given.take("versionConsistency") == "enabled":
        given.warn(
            "versionConsistency",
            "ECS would pin the tag to what it meant at first; write the digest into image.",
        )
    _restart_policy(given.part("restartPolicy"))


def _restart_policy(policy: Given) -> None:
    if policy.take("enabled") is False:
        policy.warn(
            "enabled", "false has no counterpart: a Deployment's containers always restart."
        )
    policy.leave("ignoredExitCodes", "left out: a Deployment's containers restart after any.")
    policy.leave("restartAttemptPeriod", "left out: the kubelet waits 10 s, then longer each time.")
