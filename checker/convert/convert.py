"""A task definition is read, converted container by container, arranged and written."""

from __future__ import annotations

from dataclasses import dataclass

from checker.base.errors import CourseError
from checker.convert import names, order, outside, workload
from checker.convert.draft import Draft, name_containers
from checker.convert.pod_spec import container, pod, volumes
from checker.convert.tracked_input import Given, Note, Notes, Object, rest


@dataclass(frozen=True)
class Converted:
    """Manifests in the order in which they can be applied, and what they do not say."""

    manifests: list[Object]
    warnings: list[Note]
    notes: Notes


def convert(task: Object, service: Object, name: str = "", namespace: str = "") -> Converted:
    """Convert a task definition that ECS would take.

    Args:
        task: As checker.convert.read gives it.
        service: The same, or empty.
        name: Of the Deployment; the service's, or the family's, if empty.
        namespace: For all objects; none is written if empty.

    Raises:
        CourseError: It is impossible, or a name is none.
    """
    notes = Notes()
    draft = _begin(Given(task, (), notes), Given(service, ("service",), notes), name)
    given = draft.task.parts("containerDefinitions")
    name_containers(draft, given)
    volumes.declare(draft)
    made = [container.convert(each, draft) for each in given]
    pod.settle(draft, made)
    workload.balance(draft, dict(zip(draft.containers, made, strict=True)))
    order.arrange(draft, given, made)
    manifests = _manifests(draft, namespace)
    for root in (draft.task, draft.service):
        rest(root)
    return Converted(manifests, notes.warnings, notes)


def _begin(task: Given, service: Given, name: str) -> Draft:
    if not task.has("family"):
        raise CourseError("The task definition has no family.", expected="a name in family")
    family, called = task.take("family"), service.take("serviceName")
    if name:
        return Draft(names.wanted(name, "name"), task, service)
    chosen = called or family
    plain = names.label(chosen)
    if plain != chosen:
        where = (service, "serviceName") if called else (task, "family")
        where[0].warn(where[1], f"is called {plain} here: a name is a DNS label.")
    return Draft(plain, task, service)


def _manifests(draft: Draft, namespace: str) -> list[Object]:
    labels = {"app": draft.name}
    workload.spread(draft, labels)
    tags = outside.leave(draft)
    door = workload.door(draft, labels)
    made = [*pod.account(draft), *draft.claims, _workload(draft, labels, tags), *door]
    if namespace:
        names.wanted(namespace, "namespace")
        for each in made:
            each["metadata"] = {"namespace": namespace, **each["metadata"]}
    return made


def _workload(draft: Draft, labels: Object, tags: Object) -> Object:
    template_metadata: Object = {"labels": labels}
    if draft.annotations:
        template_metadata["annotations"] = draft.annotations
    if draft.volumes:
        draft.pod["volumes"] = [{"name": key, **each} for key, each in draft.volumes.items()]
    metadata: Object = {"name": draft.name, "labels": labels}
    if tags:
        metadata["annotations"] = tags
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet" if workload.is_daemon(draft) else "Deployment",
        "metadata": metadata,
        "spec": {
            **workload.spec(draft),
            "selector": {"matchLabels": labels},
            "template": {"metadata": template_metadata, "spec": draft.pod},
        },
    }
