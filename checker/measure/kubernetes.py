"""What Kubernetes does during a rollout: Pods, endpoints and the Deployment, ten times a second.

A Pod gets requests from when an EndpointSlice of its Service calls it ready, and until it does not.
That is what the API says; kube-proxy on each node follows up to a second later. A Pod is told to
end when it has a deletion time: its kubelet then runs its preStop, and sends SIGTERM after that.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.checks.kubernetes.objects import KINDS
from checker.measure.follower import RolloutFollower
from checker.orchestrators.kind import cluster_files
from checker.orchestrators.kind.kube_api import Api

Object = dict[str, Any]


class KubernetesFollower(RolloutFollower):
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
        self._first_template: Object | None = None

    def __enter__(self) -> KubernetesFollower:
        self._api = Api(cluster_files.kubeconfig_file())
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._api.close()

    def observe(self) -> None:
        now = time.time()
        deployment = self._api.get(f"{KINDS['deployment'].list_path(self._namespace)}/{self._name}")
        self._observe_rollout(now, deployment)
        labels = deployment["spec"]["selector"].get("matchLabels") or {}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = self._api.items(KINDS["pod"].list_path(self._namespace), labelSelector=selector)
        ready = find_ready_pods(self._api.items(KINDS["endpointslice"].list_path(self._namespace)))
        for pod in pods:
            self._observe_pod(now, pod, pod["metadata"]["name"] in ready)
        # A Pod that is not listed any more has ended, whether its last state was seen or not.
        for name in self._pods.keys() - {pod["metadata"]["name"] for pod in pods}:
            if ("joined", self._pods[name][0]) in self._seen:
                self.note_event(now, "left", *self._pods[name])
            self.note_event(now, "ended", *self._pods[name])

    def _observe_rollout(self, now: float, deployment: Object) -> None:
        template = deployment["spec"]["template"]
        if self._first_template is None:
            self._first_template = template
        if template != self._first_template:
            self.note_event(now, "begin")
        elif ("begin", "") in self._seen:
            self.note_event(now, "back")
        if ("begin", "") in self._seen and is_rollout_done(deployment):
            self.note_event(now, "done")

    def _observe_pod(self, now: float, pod: Object, ready: bool) -> None:
        name = pod["metadata"]["name"]
        self._pods[name] = (name_pod(pod), find_version(pod))
        for kind in list_pod_events(pod, ready):
            self.note_event(now, kind, *self._pods[name])
        if not ready and ("joined", name_pod(pod)) in self._seen:
            self.note_event(now, "left", *self._pods[name])


def list_pod_events(pod: Object, ready: bool) -> list[str]:
    """List what has happened to a Pod by now; it is ready if an EndpointSlice says so."""
    states = [each.get("state") or {} for each in pod["status"].get("containerStatuses") or []]
    going = "deletionTimestamp" in pod["metadata"]
    ended = bool(states) and all("terminated" in each for each in states)
    found = ["started"] if any("running" in each for each in states) else []
    found += ["joined"] if ready else []
    found += ["stopping"] if going else []
    if ended:
        found.append("ended" if going else "failed")
    return found


def find_ready_pods(slices: Iterable[Object]) -> set[str]:
    """Find the names of the Pods that some Service of the namespace sends requests to."""
    return {
        str(target["name"])
        for piece in slices
        for each in piece.get("endpoints") or []
        if (each.get("conditions") or {}).get("ready")
        and (target := each.get("targetRef") or {}).get("kind") == "Pod"
    }


def is_rollout_done(deployment: Object) -> bool:
    """Tell whether Kubernetes calls the rollout of the present template complete."""
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return bool(seen) and all(status.get(key, 0) == wanted for key in counts)


def name_pod(pod: Object) -> str:
    """Name a Pod by the last part of its name, which tells it apart from the others."""
    return f"Pod {pod['metadata']['name'].rpartition('-')[2]}"


def find_version(pod: Object) -> str:
    """Find its VERSION, or else the tag of its image."""
    container = pod["spec"]["containers"][0]
    entries = (each for each in container.get("env") or [] if "value" in each)
    variables = {each["name"]: each["value"] for each in entries}
    tag = str(container["image"]).partition("@")[0].rpartition(":")[2]
    return str(variables.get("VERSION", tag))
