"""What Kubernetes does during a rollout: Pods, endpoints and the Deployment, ten times a second.

A Pod gets requests from when an EndpointSlice of its Service calls it ready, and until it does not.
That is what the API says; kube-proxy on each node follows up to a second later. A Pod is told to
end when it bears a deletion time: its kubelet then runs its preStop, and sends SIGTERM after that.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.checks.core.settings import environment_of
from checker.checks.kubernetes.objects import KINDS
from checker.measure.following import Following
from checker.orchestrators.kind import kind_cluster
from checker.orchestrators.kind.kube_api import Api

Object = dict[str, Any]


class Follower(Following):
    """Follows one rollout of a Deployment; `moments` are its events with their times.

    A change of the template that came before the context was opened is not the one that is
    followed. When the template becomes again what it was then, the rollout went back.

    Raises:
        CouldNotFindOut: On entering: the cluster is away, or has no such Deployment.
    """

    join_seconds = 25.0
    """Longer than a request to the API may take."""

    def __init__(self, namespace: str, deployment: str) -> None:
        super().__init__(CouldNotFindOut)
        self._namespace = namespace
        self._name = deployment
        self._pods: dict[str, tuple[str, str]] = {}
        self._before: Object | None = None

    def __enter__(self) -> Follower:
        self._api = Api(kind_cluster.kubeconfig())
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._api.close()

    def _look(self) -> None:
        now = time.time()
        deployment = self._api.get(f"{KINDS['deployment'].path(self._namespace)}/{self._name}")
        self._look_at_rollout(now, deployment)
        labels = deployment["spec"]["selector"].get("matchLabels") or {}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = self._api.items(KINDS["pod"].path(self._namespace), labelSelector=selector)
        ready = ready_pods(self._api.items(KINDS["endpointslice"].path(self._namespace)))
        for pod in pods:
            self._look_at_pod(now, pod, pod["metadata"]["name"] in ready)
        self._note_gone(now, {pod["metadata"]["name"] for pod in pods})

    def _look_at_rollout(self, now: float, deployment: Object) -> None:
        template = deployment["spec"]["template"]
        if self._before is None:
            self._before = template
        if template != self._before:
            self._take(now, "begin")
        elif ("begin", "") in self._seen:
            self._take(now, "back")
        if ("begin", "") in self._seen and is_done(deployment):
            self._take(now, "done")

    def _look_at_pod(self, now: float, pod: Object, ready: bool) -> None:
        name = pod["metadata"]["name"]
        self._pods[name] = (name_of(pod), version_of(pod))
        for kind_ in kinds(pod, ready):
            self._take(now, kind_, *self._pods[name])
        if not ready and ("joined", name_of(pod)) in self._seen:
            self._take(now, "left", *self._pods[name])

    def _note_gone(self, now: float, there: set[str]) -> None:
        """A Pod that is not listed any more has ended, whether its last state was seen or not."""
        for name in self._pods.keys() - there:
            subject, version = self._pods[name]
            if ("joined", subject) in self._seen:
                self._take(now, "left", subject, version)
            self._take(now, "ended", subject, version)


def kinds(pod: Object, ready: bool) -> list[str]:
    """What has happened to a Pod by now.

    Args:
        ready: Whether an EndpointSlice says that it gets requests.
    """
    states = [each.get("state") or {} for each in pod["status"].get("containerStatuses") or []]
    going = "deletionTimestamp" in pod["metadata"]
    ended = bool(states) and all("terminated" in each for each in states)
    found = ["started"] if any("running" in each for each in states) else []
    found += ["joined"] if ready else []
    found += ["stopping"] if going else []
    if ended:
        found.append("ended" if going else "failed")
    return found


def ready_pods(slices: Iterable[Object]) -> set[str]:
    """Names of the Pods that some Service of the namespace sends requests to."""
    return {
        str(target["name"])
        for piece in slices
        for each in piece.get("endpoints") or []
        if (each.get("conditions") or {}).get("ready")
        and (target := each.get("targetRef") or {}).get("kind") == "Pod"
    }


def is_done(deployment: Object) -> bool:
    """Whether Kubernetes calls the rollout of the present template complete."""
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return bool(seen) and all(status.get(key, 0) == wanted for key in counts)


def name_of(pod: Object) -> str:
    """The last part of its name, which tells it apart from the others."""
    return f"Pod {pod['metadata']['name'].rpartition('-')[2]}"


def version_of(pod: Object) -> str:
    """Its VERSION, or else the tag of its image."""
    container = pod["spec"]["containers"][0]
    given = [
        f"{each['name']}={each['value']}" for each in container.get("env") or [] if "value" in each
    ]
    tag = str(container["image"]).partition("@")[0].rpartition(":")[2]
    return environment_of(given).get("VERSION", tag)
