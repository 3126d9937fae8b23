"""Pods that a check makes from a learner's template, to find out what comes of a change."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed, describe_value
from checker.checks.kubernetes.deployment_state import DeploymentState
from checker.checks.kubernetes.objects import KINDS
from checker.checks.kubernetes.pods import Pod, create_own_pod, make_own_name
from checker.checks.kubernetes.settings import ConfigMap, Secret
from checker.orchestrators.kind.kube_api import Api, Object

POLL_SECONDS = 0.2

SERVER_SECONDS = 15.0
"""How long a program may take to answer at all, once its container runs."""

Replacement = tuple[ConfigMap, Mapping[str, str]]
"""A ConfigMap or Secret, and old value -> new value."""

REFERENCES = {
    "ConfigMap": (("configMapRef", "name"), ("configMapKeyRef", "name"), ("configMap", "name")),
    "Secret": (
        ("secretRef", "name"),
        ("secretKeyRef", "name"),
        ("secret", "secretName"),
        ("secret", "name"),  # in a projected volume
    ),
}
"""Fields of a Pod that name one: https://kubernetes.io/docs/reference/kubernetes-api/."""


@contextlib.contextmanager
def create_altered_pod(
    api: Api,
    deployment: DeploymentState,
    *,
    command: Sequence[str] = (),
    settings: Sequence[Replacement] = (),
) -> Iterator[Pod]:
    """Create a Pod as a template says, but for what is given, apart from all Services.

    It is gone after the block, and so are the ConfigMaps and Secrets that were made for it.

    Args:
        api: The cluster.
        deployment: Whose template it is.
        command: For the main container, in place of its own command and arguments.
        settings: ConfigMaps and Secrets of which the Pod gets a copy with other values.
    """
    name = make_own_name()
    spec: Any = dict(deployment.template["spec"])
    if command:
        main = deployment.main_container["name"]
        own = {"command": list(command), "args": []}
        containers = [each | own if each["name"] == main else each for each in spec["containers"]]
        spec |= {"containers": containers}
    paths = []
    try:
        for number, (original, values) in enumerate(settings):
            copy = f"{name}-{number}"
            kind = KINDS[type(original).__name__.lower()]
            path = kind.list_path(deployment.namespace)
            paths.append(f"{path}/{copy}")
            api.create(path, _copy_settings(original, copy, values))
            spec = _rename_references(spec, kind.name, original.name, copy)
        with create_own_pod(api, deployment.namespace, name, spec) as pod:
            yield pod
    finally:
        for path in paths:
            api.delete(path, grace=0)


def expect_probe_refuses(
    api: Api,
    deployment: DeploymentState,
    command: Sequence[str],
    *,
    port: int,
    within: float = 30,
    next_step: str = "",
) -> None:
    """Expect that a Pod of a template does not become ready if its program is another.

    Args:
        api: The cluster.
        deployment: Whose template, with its readiness probe, it is.
        command: A program that serves the port, and should not count as ready.
        port: It answers there: before that, a probe that fails says nothing.
        within: Seconds until the kubelet must have asked it.
        next_step: What a learner is told if it becomes ready.
    """
    with create_altered_pod(api, deployment, command=command) as pod:
        pod.expect_running(within=SERVER_SECONDS)
        pod.expect_answers(port, within=SERVER_SECONDS)
        refusals = pod.count_refusals()

        def is_decided() -> bool:
            # One more than at the time of the answer: that probe surely met a program that serves.
            return pod.refresh().ready or pod.count_refusals() > refusals

        if not wait_until(is_decided, within, POLL_SECONDS):
            raise CouldNotFindOut(f"Nobody asked the Pod {pod.name}.", found=pod.state)
        if pod.ready:
            probe = deployment.main_container.get("readinessProbe")
            raise CheckFailed(
                f"a readiness probe of {deployment.name} that refuses a Pod which says it is not "
                "ready",
                f"the probe is content with it: {describe_value(str(probe or 'there is none'))}",
                next_step or "kubectl explain pod.spec.containers.readinessProbe",
            )


def _copy_settings(original: ConfigMap, name: str, values: Mapping[str, str]) -> Object:
    """Return a copy under another name, in which each old value is replaced by the new one."""
    copy = {key: values.get(value.strip(), value) for key, value in original.data.items()}
    if isinstance(original, Secret):
        copy = {key: base64.b64encode(value.encode()).decode() for key, value in copy.items()}
    kind = type(original).__name__
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": copy}


def _rename_references(found: Any, kind: str, old: str, new: str) -> Any:
    """Return a part of a Pod's spec in which everything that named OLD names NEW."""
    if isinstance(found, list):
        return [_rename_references(each, kind, old, new) for each in found]
    if not isinstance(found, dict):
        return found
    renamed = {key: _rename_references(each, kind, old, new) for key, each in found.items()}
    for key, field in REFERENCES[kind]:
        if isinstance(renamed.get(key), dict) and renamed[key].get(field) == old:
            renamed[key] = {**renamed[key], field: new}
    return renamed
