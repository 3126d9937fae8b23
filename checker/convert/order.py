"""dependsOn: who must have started, or ended, before whom.

A container that must end first is an init container. One that must run first is a sidecar: an init
container with restartPolicy Always, which counts as started when its startup probe has passed
(Kubernetes, "Sidecar Containers").
"""

from __future__ import annotations

from checker.base.errors import CourseError
from checker.convert.draft import ENDS, Draft
from checker.convert.pod_spec import probes
from checker.convert.tracked_input import Object, TrackedInput

Needs = dict[str, list[tuple[str, str]]]


def arrange_containers(draft: Draft, sources: list[TrackedInput], containers: list[Object]) -> None:
    """Put the containers into the Pod, in an order that holds what was asked for.

    Raises:
        CourseError: A dependency is not there, goes round in a circle, or can never hold.
    """
    needs = {each.value["name"]: read_dependencies(each, draft) for each in sources}
    by_name = {
        each.value["name"]: (each, container)
        for each, container in zip(sources, containers, strict=True)
    }
    conditions = {
        name: {how for wanted in needs.values() for other, how in wanted if other == name}
        for name in needs
    }
    # What anybody waits for goes into initContainers, which the kubelet starts one by one.
    first = [name for name in sort_by_dependencies(needs) if conditions[name]]
    starting = [build_init_container(*by_name[name], conditions[name]) for name in first]
    if starting:
        draft.pod["initContainers"] = starting
    last = [name for name in by_name if name not in first]
    draft.pod["containers"] = [by_name[name][1] for name in last]


def read_dependencies(source: TrackedInput, draft: Draft) -> list[tuple[str, str]]:
    """Read dependsOn of a container: names and conditions."""
    found = []
    for each in source.get_parts("dependsOn"):
        name, condition = each.take("containerName", ""), each.take("condition", "")
        if name not in draft.containers or not condition:
            message = f"containerDefinitions[{source.path[-1]}] depends on what is not there."
            expected = f"a condition and one of {', '.join(draft.containers)}"
            raise CourseError(message, expected=expected, found=f"{name!a} {condition}")
        found.append((name, condition))
    return found


def sort_by_dependencies(needs: Needs) -> list[str]:
    """Sort containers so that each stands after those that it needs, else as they were."""
    ordered: list[str] = []
    while len(ordered) < len(needs):
        left = [name for name in needs if name not in ordered]
        ready = [name for name in left if all(other in ordered for other, _ in needs[name])]
        if not ready:
            raise CourseError("dependsOn goes round in a circle.", found=", ".join(left))
        ordered.append(ready[0])
    return ordered


def build_init_container(source: TrackedInput, container: Object, conditions: set[str]) -> Object:
    """Make an init container of one that others wait for; a sidecar if they wait for its start."""
    if conditions & set(ENDS):
        if "COMPLETE" in conditions:
            source.warn("", "others wait for its end, good or bad; here it is repeated until good.")
        # A load balancer may have given it one since.
        return {name: value for name, value in container.items() if name not in probes.PROBES}
    if "HEALTHY" in conditions and "readinessProbe" not in container:
        message = f"Another container waits until {source.value['name']} is healthy."
        expected = "a healthCheck in its definition"
        raise CourseError(message, expected=expected, next_step="ECS refuses this as well.")
    if "HEALTHY" in conditions and "startupProbe" not in container:
        probe = container["readinessProbe"]
        seconds = probe["periodSeconds"] * probe["failureThreshold"]
        container["startupProbe"] = probes.make_startup_probe(probe, seconds)
    elif "HEALTHY" not in conditions and container.pop("startupProbe", None):
        source.warn("healthCheck", "its startPeriod is left out: nobody waits until it is healthy.")
    return {**container, "restartPolicy": "Always"}
