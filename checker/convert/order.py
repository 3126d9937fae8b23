"""dependsOn: who must have started, or ended, before whom.

A container that must end first is an init container. One that must run first is a sidecar: an init
container with restartPolicy Always, which counts as started when its startup probe has passed
(Kubernetes, "Sidecar Containers").
"""

from __future__ import annotations

from checker.base.errors import CourseError
from checker.convert.draft import ENDS, Draft
from checker.convert.pod_spec import probes
from checker.convert.tracked_input import Given, Object

Needs = dict[str, list[tuple[str, str]]]


def arrange(draft: Draft, given: list[Given], made: list[Object]) -> None:
    """Put the containers into the Pod, in an order that holds what was asked for.

    Raises:
        CourseError: A dependency is not there, goes round in a circle, or can never hold.
    """
    needs = {each.value["name"]: _needs(each, draft) for each in given}
    by_name = {
        each.value["name"]: (each, container) for each, container in zip(given, made, strict=True)
    }
    first = [name for name in _sorted(needs) if _conditions(name, needs)]
    starting = [_first(*by_name[name], _conditions(name, needs)) for name in first]
    if starting:
        draft.pod["initContainers"] = starting
    last = [name for name in by_name if name not in first]
    draft.pod["containers"] = [by_name[name][1] for name in last]


def _needs(given: Given, draft: Draft) -> list[tuple[str, str]]:
    found = []
    for each in given.parts("dependsOn"):
        name, condition = each.take("containerName", ""), each.take("condition", "")
        if name not in draft.containers or not condition:
            raise CourseError(
                f"containerDefinitions[{given.path[-1]}] depends on what is not there.",
                expected=f"a condition and one of {', '.join(draft.containers)}",
                found=f"{name!a} {condition}",
            )
        found.append((name, condition))
    return found


def _conditions(name: str, needs: Needs) -> set[str]:
    """What others want of a container before they start."""
    return {how for wanted in needs.values() for other, how in wanted if other == name}


def _sorted(needs: Needs) -> list[str]:
    """Every container after those that it needs, else as they were given."""
    done: list[str] = []
    while len(done) < len(needs):
        ready = [
            name
            for name, wanted in needs.items()
            if name not in done and all(other in done for other, _ in wanted)
        ]
        if not ready:
            circle = ", ".join(name for name in needs if name not in done)
            raise CourseError("dependsOn goes round in a circle.", found=circle)
        done.append(ready[0])
    return done


def _first(given: Given, container: Object, conditions: set[str]) -> Object:
    if conditions & set(ENDS):
        return _one_shot(given, container, conditions)
    if "HEALTHY" in conditions and "readinessProbe" not in container:
        raise CourseError(
            f"Another container waits until {given.value['name']} is healthy.",
            expected="a healthCheck in its definition",
            next_step="ECS refuses this as well.",
        )
    if "HEALTHY" in conditions and "startupProbe" not in container:
        probe = container["readinessProbe"]
        seconds = probe["periodSeconds"] * probe["failureThreshold"]
        container["startupProbe"] = probes.startup(probe, seconds)
    elif "HEALTHY" not in conditions and container.pop("startupProbe", None):
        given.warn("healthCheck", "its startPeriod is left out: nobody waits until it is healthy.")
    return {**container, "restartPolicy": "Always"}


def _one_shot(given: Given, container: Object, conditions: set[str]) -> Object:
    if "COMPLETE" in conditions:
        given.warn("", "others wait for its end, good or bad; here it is repeated until good.")
    # A load balancer may have given it one since.
    return {name: value for name, value in container.items() if name not in probes.PROBES}
