"""A task definition is read, converted container by container, arranged and written."""

from __future__ import annotations

from dataclasses import dataclass

from checker.base.errors import CourseError
from checker.convert import aws_fields, names, order, workload
from checker.convert.draft import Draft, name_containers
from checker.convert.pod_spec import container, pod, volumes
from checker.convert.tracked_input import (
    FieldUsage,
    FieldWarning,
    Object,
    TrackedInput,
    warn_of_unused,
)


@dataclass(frozen=True)
class Conversion:
    """Manifests in the order in which they can be applied, and what they do not say."""

    manifests: list[Object]
    warnings: list[FieldWarning]
    usage: FieldUsage


def convert_task(task: Object, service: Object, name: str = "", namespace: str = "") -> Conversion:
    """Convert a task definition that ECS would take.

    Args:
        task: As checker.convert.read gives it.
        service: The same, or empty.
        name: Of the Deployment; the service's, or the family's, if empty.
        namespace: For all objects; none is written if empty.

    Raises:
        CourseError: It is impossible, or a name is none.
    """
    usage = FieldUsage()
    tracked_task = TrackedInput(task, (), usage)
    draft = start_draft(tracked_task, TrackedInput(service, ("service",), usage), name)
    definitions = draft.task.get_parts("containerDefinitions")
    name_containers(draft, definitions)
    volumes.declare_volumes(draft)
    containers = [container.convert_container(each, draft) for each in definitions]
    pod.convert_task_fields(draft, containers)
    workload.add_balancer_probes(draft, dict(zip(draft.containers, containers, strict=True)))
    order.arrange_containers(draft, definitions, containers)
    manifests = assemble_manifests(draft, namespace)
    # Last, when every part has taken from the input what it knows.
    for root in (draft.task, draft.service):
        warn_of_unused(root)
    return Conversion(manifests, usage.warnings, usage)


def start_draft(task: TrackedInput, service: TrackedInput, name: str) -> Draft:
    """Begin a draft with the name of its Deployment."""
    if not task.has("family"):
        raise CourseError("The task definition has no family.", expected="a name in family")
    # Both are asked for, so that neither is warned of as left out.
    family, service_name = task.take("family"), service.take("serviceName")
    if name:
        return Draft(names.require_label(name, "name"), task, service)
    chosen = service_name or family
    plain = names.make_label(chosen)
    if plain != chosen:
        source, field = (service, "serviceName") if service_name else (task, "family")
        source.warn(field, f"is called {plain} here: a name is a DNS label.")
    return Draft(plain, task, service)


def assemble_manifests(draft: Draft, namespace: str) -> list[Object]:
    """Put the manifests together, in the order in which they can be applied."""
    labels = {"app": draft.name}
    workload.place_pods(draft, labels)
    annotations = aws_fields.warn_of_aws_fields(draft)
    service = workload.build_service(draft, labels)
    deployment = build_workload(draft, labels, annotations)
    manifests = [*pod.build_service_account(draft), *draft.claims, deployment, *service]
    if namespace:
        names.require_label(namespace, "namespace")
        for each in manifests:
            each["metadata"] = {"namespace": namespace, **each["metadata"]}
    return manifests


def build_workload(draft: Draft, labels: Object, annotations: Object) -> Object:
    """Build the Deployment or DaemonSet of a draft."""
    daemon = draft.service.value.get("schedulingStrategy") == "DAEMON"
    template_metadata: Object = {"labels": labels}
    if draft.annotations:
        template_metadata["annotations"] = draft.annotations
    if draft.volumes:
        draft.pod["volumes"] = [{"name": key, **each} for key, each in draft.volumes.items()]
    metadata: Object = {"name": draft.name, "labels": labels}
    if annotations:
        metadata["annotations"] = annotations
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet" if daemon else "Deployment",
        "metadata": metadata,
        "spec": {
            **workload.build_spec(draft),
            "selector": {"matchLabels": labels},
            "template": {"metadata": template_metadata, "spec": draft.pod},
        },
    }
