"""Pods, and what can be expected of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Self

from checker.checks.core.failure import CheckFailed, listed, shown
from checker.checks.core.waiting import changes_of, eventually
from checker.checks.kubernetes.objects import KINDS, Object, Thing
from checker.orchestrators.kind.kube_api import Api, ApiError
from checker.orchestrators.kind.node_images import full_name

POD = KINDS["pod"]
TAIL = 2000


class Pod(Thing):
    """A Pod and what is expected of it; every `expect_` gives the Pod back."""

    def __init__(self, api: Api, folder: str, attrs: Object) -> None:
        super().__init__(api, POD, folder, attrs)

    @property
    def phase(self) -> str:
        """Pending, Running, Succeeded, Failed or Unknown."""
        return str(self.status.get("phase", "Unknown"))

    @property
    def running(self) -> bool:
        """Each of its containers runs, and it is not about to go."""
        states = self._containers
        return (
            self.phase == "Running"
            and not self.going
            and bool(states)
            and all("running" in each.get("state", {}) for each in states)
        )

    @property
    def ready(self) -> bool:
        return self.condition("Ready") == "True" and not self.going

    @property
    def going(self) -> bool:
        """It was deleted, and its processes get time to end."""
        return "deletionTimestamp" in self.attrs["metadata"]

    @property
    def node(self) -> str:
        """Where it runs; "" before a place was found."""
        return str(self.spec.get("nodeName", ""))

    @property
    def ip(self) -> str:
        return str(self.status.get("podIP", ""))

    @property
    def images(self) -> dict[str, str]:
        """Container -> image, as they were asked for."""
        return {each["name"]: each["image"] for each in self.spec["containers"]}

    @property
    def restarts(self) -> int:
        return sum(int(each.get("restartCount", 0)) for each in self._containers)

    @property
    def owner(self) -> str:
        """Kind and name of what made it, such as `ReplicaSet web-5d8c`; "" for a bare Pod."""
        for each in self.attrs["metadata"].get("ownerReferences") or []:
            if each.get("controller"):
                return f"{each['kind']} {each['name']}"
        return ""

    @property
    def logs(self) -> str:
        """What its first container wrote: the last 2000 lines; "" if it has not started."""
        try:
            return self._api.text(self._log_path, container=self._first, tailLines=TAIL)
        except ApiError as error:
            if error.status in (400, 404):
                return ""
            raise

    @property
    def state(self) -> str:
        """In words, for messages: its phase, or why a container waits or how it ended."""
        if self.going:
            return "Terminating"
        return listed(filter(None, map(_state, self._containers)), self._without_containers())

    def seen(self) -> Self:
        """The same Pod, as it is now."""
        self._refresh()
        return self

    def expect_running(self, *, within: float = 0, next_step: str = "") -> Self:
        """All its containers run, at the latest after `within` seconds."""
        return self._expect(lambda: self.running, "running", within, next_step)

    def expect_ready(self, *, within: float = 0, next_step: str = "") -> Self:
        """It takes requests, at the latest after `within` seconds."""
        return self._expect(lambda: self.ready, "ready", within, next_step)

    def expect_on_node(self, node: str, *, next_step: str = "") -> Self:
        """It was put on this node."""
        if self.node != node:
            raise CheckFailed(
                f"{self._called} is on {node}",
                f"it is on {self.node or 'no node yet'}",
                next_step or f"See: {self._kubectl('get')} -o wide",
            )
        return self

    def expect_image(self, reference: str, *, container: str = "", next_step: str = "") -> Self:
        """One of its containers, or the one that is named, uses this image."""
        expect_image(self._called, self.images, reference, container, next_step)
        return self

    def expect_owner(self, kind: str, *, next_step: str = "") -> Self:
        """An object of this kind made it, such as ReplicaSet or Job."""
        if self.owner.partition(" ")[0] != kind:
            raise CheckFailed(
                f"{self._called} was made by a {kind}",
                f"it was made by {self.owner or 'hand, so nobody replaces it'}",
                next_step or f"See Controlled By: {self._kubectl('describe')}",
            )
        return self

    def expect_log(self, text: str, *, within: float = 0, next_step: str = "") -> Self:
        """`text` stands in its logs, at the latest after `within` seconds."""
        deadline = time.monotonic() + within
        if within and self.phase == "Pending":
            self.expect_running(within=within)
        if text in self.logs or (within and self._is_written(text, deadline)):
            return self
        raise CheckFailed(
            f"{text!r} in the logs of {self._called}",
            shown(self.logs[-200:]),
            next_step or f"Read them: kubectl logs {self.name} -n {self.namespace}",
        )

    def _is_written(self, text: str, deadline: float) -> bool:
        left = max(0.1, deadline - time.monotonic())
        lines = self._api.follow(self._log_path, left, container=self._first, tailLines=TAIL)
        written = ""
        for line in lines:
            written = f"{written}{line}\n"
            if text in written:
                return True
        return False

    def _expect(self, holds: Callable[[], bool], word: str, within: float, next_step: str) -> Self:
        def judge() -> None:
            if not holds():
                raise CheckFailed(
                    f"{self._called} is {word}",
                    f"it is {self.state}",
                    next_step or f"The last lines tell why: {self._kubectl('describe')}",
                )

        return self._within(judge, within)

    @property
    def _containers(self) -> list[Object]:
        return list(self.status.get("containerStatuses") or [])

    def _without_containers(self) -> str:
        ready = self.condition("PodScheduled")
        return "Pending: no node was found for it" if ready == "False" else self.phase

    @property
    def _first(self) -> str:
        return str(self.spec["containers"][0]["name"])

    @property
    def _log_path(self) -> str:
        return f"{self._folder}/{self.name}/log"

    def _troubles(self) -> list[str]:
        said = [line for line in self.logs.strip().splitlines()[-2:] if line]
        return [*super()._troubles(), *([f"Its log ends: {shown(' / '.join(said))}."] * bool(said))]


class Pods:
    """Several Pods, as they were when they were asked for.

    Args:
        what: What they have in common, for messages.
    """

    def __init__(self, api: Api, folder: str, selector: str, what: str) -> None:
        self._api = api
        self._folder = folder
        self._query = {"labelSelector": selector} if selector else {}
        self._what = what
        self._found = self._look()

    def __iter__(self) -> Iterator[Pod]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def names(self) -> list[str]:
        return sorted(each.name for each in self._found)

    @property
    def nodes(self) -> list[str]:
        """The nodes that they are on, each once."""
        return sorted({each.node for each in self._found if each.node})

    @property
    def ready(self) -> list[Pod]:
        return [each for each in self._found if each.ready]

    def expect_count(self, expected: int, *, within: float = 0, next_step: str = "") -> Self:
        """There are so many, those that are going not counted."""
        return self._expect(lambda: len(self), expected, "", within, next_step)

    def expect_ready(self, expected: int, *, within: float = 0, next_step: str = "") -> Self:
        """So many are ready."""
        return self._expect(lambda: len(self.ready), expected, " ready", within, next_step)

    def _expect(
        self, count: Callable[[], int], expected: int, word: str, within: float, next_step: str
    ) -> Self:
        def judge() -> None:
            self._found = self._look()
            if count() != expected:
                states = (f"{each.name} ({each.state})" for each in self._found)
                raise CheckFailed(
                    f"{expected}{word} {self._what}",
                    f"{count()}: {listed(states)}",
                    next_step or "See all: kubectl get pods -A -o wide --show-labels",
                )

        eventually(judge, changes_of(self._api, self._folder, self._query), within)
        return self

    def _look(self) -> list[Pod]:
        found = self._api.items(self._folder, **self._query)
        pods = [Pod(self._api, self._folder, each) for each in found]
        return [pod for pod in pods if not pod.going]


def expect_image(
    what: str, images: dict[str, str], reference: str, container: str, next_step: str
) -> None:
    """One of the images, or that of the container, is `reference`, however it is written."""
    found = {name: image for name, image in images.items() if container in ("", name)}
    if full_name(reference) not in map(full_name, found.values()):
        raise CheckFailed(
            f"{what} uses the image {reference}",
            listed(found.values(), f"no container {container}"),
            next_step or "The image stands in the Pod's spec, or in the template of what makes it.",
        )


def _state(container: dict[str, Any]) -> str:
    """Why a container does not run, as `kubectl get pods` would say it; "" if it does."""
    state = container.get("state") or {}
    if "waiting" in state:
        return str(state["waiting"].get("reason", "waiting"))
    if "terminated" in state:
        return f"{state['terminated'].get('reason', 'ended')} ({state['terminated']['exitCode']})"
    return "" if container.get("ready") else "running, but not ready"
