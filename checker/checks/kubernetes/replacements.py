"""Whether a Pod was deleted, and which one was made in its place: what the cluster noted down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from checker.checks.core.failure import CheckFailed, join_names
from checker.checks.kubernetes.deployment_state import DeploymentState
from checker.checks.kubernetes.objects import KINDS, KubernetesObject
from checker.orchestrators.kind.kube_api import Api, Object

REMEMBERED = timedelta(minutes=55)
"""Events are kept for an hour (kube-apiserver --event-ttl): of what is older, nothing is known."""

TOLERANCE = timedelta(seconds=3)
"""Events and objects have whole seconds, and the successor is made while its predecessor ends."""

LATE = timedelta(seconds=15)
"""A kubelet of a busy machine may note so late that it ends a Pod."""


def expect_replacement(
    api: Api, deployment: DeploymentState, gone: str, successor: str, next_step: str
) -> None:
    """Expect that a Pod of a Deployment was deleted, and that another was made in its place.

    Both belong to one ReplicaSet of that Deployment: a rollout replaces Pods by those of another
    one. Events tell that the first was there and when it was ended, as long as they are kept.

    Raises:
        CheckFailed: It is not so; with what happened instead.
    """
    step = next_step or (
        f"Delete one Pod, then compare: kubectl get pods -n {deployment.namespace} "
        "--sort-by=.metadata.creationTimestamp"
    )
    kind = KINDS["pod"]
    folder = kind.list_path(deployment.namespace)
    replica_sets = {each.name: each for each in deployment.replica_sets}
    their_pods = f"a Pod of {deployment.name}"
    found = api.find(f"{folder}/{successor}")
    if found is None:
        raise CheckFailed(f"{their_pods} of the name {successor}", "it is not there", step)
    pod = KubernetesObject(api, kind, folder, found)
    maker = replica_sets.get(str((pod.controller or {}).get("name")))
    if maker is None or maker.uid != (pod.controller or {}).get("uid"):
        raise CheckFailed(f"{successor} is {their_pods}", "it is not one of its Pods", step)
    before = gone.rpartition("-")[0]
    if before not in replica_sets:
        raise CheckFailed(f"{gone} was {their_pods}", "no ReplicaSet of it gives such names", step)
    if before != maker.name:
        raise CheckFailed(
            f"two Pods of one ReplicaSet, of which {successor} was made for {gone}",
            f"one of {before} and one of {maker.name}: a rollout replaced all of them",
            step,
        )
    notes = _list_events(api, deployment.namespace, f"involvedObject.name={gone}")
    if not notes:
        if datetime.now(UTC) - pod.created_at > REMEMBERED:
            return
        found_text = "the cluster has noted nothing down of a Pod of that name"
        raise CheckFailed(f"{gone} was {their_pods}", found_text, step)
    actions = _list_events(api, deployment.namespace, f"involvedObject.uid={maker.uid}")
    if any(each.get("message") == f"Deleted pod: {gone}" for each in actions):
        found_text = f"{maker.name} ended it itself, since fewer were wanted"
        raise CheckFailed(f"{gone} was deleted while it was wanted", found_text, step)
    _expect_order(pod, gone, notes, actions, step)


def _expect_order(
    pod: KubernetesObject, gone: str, notes: list[Object], actions: list[Object], step: str
) -> None:
    """Expect that a Pod was the first that was made after another one was ended."""
    ends = [_get_time(each) for each in notes if each.get("reason") == "Killing"]
    ended_at = min(ends or [_get_time(each) for each in notes])
    made = {
        str(each.get("message", "")).removeprefix("Created pod: "): _get_time(each)
        for each in actions
        if each.get("reason") == "SuccessfulCreate"
    }
    later = {name: time for name, time in made.items() if time >= ended_at - TOLERANCE}
    started = [_get_time(each) for each in notes if each.get("reason") == "Started"]
    # Those that were made together with the one that is gone were there before as well.
    is_older = pod.created_at <= made.get(gone, ended_at - LATE)
    if is_older or pod.created_at < max([ended_at - LATE, *started[:1]]):
        found = f"{pod.name} was there before, and {join_names(sorted(later), 'none')} came after"
        raise CheckFailed(f"a Pod that was made after {gone} was deleted", found, step)
    first = min(later.values(), default=pod.created_at)
    if pod.created_at > first + TOLERANCE:
        names = sorted(name for name, time in later.items() if time <= first + TOLERANCE)
        raise CheckFailed(
            f"the Pod that was made for {gone}", f"that was {join_names(names)}", step
        )


def _list_events(api: Api, namespace: str, selector: str) -> list[Object]:
    return api.items(f"/api/v1/namespaces/{namespace}/events", fieldSelector=selector)


def _get_time(event: Object) -> datetime:
    """Return when it first happened; which field has it depends on who wrote the event."""
    first = event.get("firstTimestamp") or event.get("eventTime")
    return datetime.fromisoformat(first or event["metadata"]["creationTimestamp"])
