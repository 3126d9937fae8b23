"""Pods, and what can be expected of them."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Self

from checker.checks.core.failure import CheckFailed, add_article, describe_value, join_names
from checker.checks.core.waiting import poll_every, wait_until_passed, watch_list
from checker.checks.kubernetes.objects import KINDS
from checker.checks.kubernetes.pod_state import PodState
from checker.checks.kubernetes.quantities import parse_quantity
from checker.images.reference import is_same_image
from checker.orchestrators.kind.kube_api import Api, Object

POLL_SECONDS = 0.2
"""Seconds between two looks at what no event tells of: time that passes, servers that start."""

SETTLING_SECONDS = 10.0
"""A container that was started again must have run for so long: between two crashes it is ready."""


class Pod(PodState):
    """A Pod and what is expected of it; every `expect_` gives the Pod back."""

    def expect_running(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that all its containers run, at the latest after `within` seconds."""
        return self._expect_state(lambda: self.running, "running", within, next_step)

    def expect_ready(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that it takes requests, at the latest after `within` seconds."""
        return self._expect_state(lambda: self.ready, "ready", within, next_step)

    def expect_on_node(self, node: str, *, next_step: str = "") -> Self:
        """Expect that it was put on this node."""
        if self.node != node:
            expected = f"{self.display_name} is on {node}"
            step = next_step or f"See: {self.suggest_command('get')} -o wide"
            raise CheckFailed(expected, f"it is on {self.node or 'no node yet'}", step)
        return self

    def expect_image(self, reference: str, *, container: str = "", next_step: str = "") -> Self:
        """Expect that one of its containers, or the named one, uses this image."""
        expect_image(self.display_name, self.images, reference, container, next_step)
        return self

    def expect_owner(self, kind: str, *, next_step: str = "") -> Self:
        """Expect that an object of this kind made it, such as ReplicaSet or Job."""
        if self.owner.partition(" ")[0] != kind:
            found = f"it was made by {self.owner or 'hand, so nobody replaces it'}"
            step = next_step or f"See Controlled By: {self.suggest_command('describe')}"
            raise CheckFailed(f"{self.display_name} was made by {add_article(kind)}", found, step)
        return self

    def expect_lasting(self, seconds: float, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that it has run for so long, and for ten seconds if it was ever started again.

        Args:
            seconds: How long each of its containers must have run without a restart.
            within: Seconds to wait for that.
            next_step: What a learner is told if it has not.
        """

        def check_lasting() -> None:
            needed = max(seconds, SETTLING_SECONDS if self.restarts else 0.0)
            if self.running_seconds >= needed:
                return
            past = (
                f"for {self.running_seconds:.0f} s" if self.running else f"not now ({self.state})"
            )
            end = f", the last time after {self.last_end}" if self.last_end else ""
            restarts = f", and it was started again {self.restarts} times{end}"
            raise CheckFailed(
                f"{self.display_name} runs for {needed:g} s without a restart",
                f"it runs {past}{restarts if self.restarts else ''}",
                next_step or f"See Last State and the log: {self.suggest_command('describe')}",
            )

        return self.wait_until_passed(check_lasting, within, poll_every(POLL_SECONDS))

    def expect_memory_limit(self, most: str, *, container: str = "", next_step: str = "") -> Self:
        """Expect a memory limit of at most so much, such as `256Mi`, which the kernel enforces."""
        limit, bound = self.get_memory_limit(container=container), parse_quantity(most)
        assert bound is not None
        expected = f"a memory limit of {self.display_name} of at most {most}"
        step = next_step or f"See Limits: {self.suggest_command('describe')}"
        if limit is None or limit > bound:
            found = "none" if limit is None else f"{limit / 2**20:.5g}Mi"
            raise CheckFailed(expected, found, step)
        enforced = self.read_memory_limit(container=container) if self.running else None
        if enforced is not None and enforced > bound:
            raise CheckFailed(expected, f"the kernel lets it use {enforced / 2**20:.5g}Mi", step)
        return self

    def expect_answers(
        self,
        port: int,
        *,
        path: str = "/",
        contains: str = "",
        within: float = 0,
        next_step: str = "",
    ) -> Self:
        """Expect that it answers on a port by itself, with this text in the answer."""

        def check_answer() -> None:
            self.ask(port, path).expect_contains(contains, next_step=next_step)

        wait_until_passed(check_answer, poll_every(POLL_SECONDS), within)
        return self

    def expect_log(self, text: str, *, within: float = 0, next_step: str = "") -> Self:
        """Expect `text` in its logs, at the latest after `within` seconds."""
        deadline = time.monotonic() + within
        if within and self.phase == "Pending":
            self.expect_running(within=within)
        if text in self.logs or (within and self._follow_log(text, deadline)):
            return self
        expected = f"{text!r} in the logs of {self.display_name}"
        step = next_step or f"Read them: kubectl logs {self.name} -n {self.namespace}"
        raise CheckFailed(expected, describe_value(self.logs[-200:]), step)

    def _follow_log(self, text: str, deadline: float) -> bool:
        left = max(0.1, deadline - time.monotonic())
        written = ""
        for line in self._api.follow(self._log_path, left, **self._log_query):
            # The text may have several lines.
            written = f"{written}{line}\n"
            if text in written:
                return True
        return False

    def _expect_state(self, holds: Callable[[], bool], word: str, within: float, step: str) -> Self:
        def check_state() -> None:
            if not holds():
                look = f"The last lines tell why: {self.suggest_command('describe')}"
                found = f"it is {self.state}"
                raise CheckFailed(f"{self.display_name} is {word}", found, step or look)

        return self.wait_until_passed(check_state, within)

    def list_troubles(self) -> list[str]:
        """Return its last events, and the last two lines that it wrote."""
        troubles = super().list_troubles()
        if written := [line for line in self.logs.strip().splitlines()[-2:] if line]:
            troubles.append(f"Its log ends: {describe_value(' / '.join(written))}.")
        return troubles


class Pods:
    """Several Pods, as they were when they were asked for.

    Args:
        display_name: What messages call them: what they have in common.
    """

    def __init__(self, api: Api, folder: str, selector: str, display_name: str) -> None:
        self._api = api
        self._folder = folder
        self._query = {"labelSelector": selector} if selector else {}
        self._display_name = display_name
        self._pods = self._list_pods()

    def __iter__(self) -> Iterator[Pod]:
        return iter(self._pods)

    def __len__(self) -> int:
        return len(self._pods)

    @property
    def names(self) -> list[str]:
        return sorted(each.name for each in self._pods)

    @property
    def nodes(self) -> list[str]:
        """The nodes that they are on, each once."""
        return sorted({each.node for each in self._pods if each.node})

    @property
    def ready(self) -> list[Pod]:
        return [each for each in self._pods if each.ready]

    def expect_count(self, expected: int, *, within: float = 0, next_step: str = "") -> Self:
        """Expect how many there are, those that are going not counted."""
        return self._expect_number(lambda: len(self), expected, "", within, next_step)

    def expect_ready(self, expected: int, *, within: float = 0, next_step: str = "") -> Self:
        """Expect how many are ready."""
        return self._expect_number(lambda: len(self.ready), expected, " ready", within, next_step)

    def _expect_number(
        self, count: Callable[[], int], expected: int, word: str, timeout: float, next_step: str
    ) -> Self:
        def check_number() -> None:
            self._pods = self._list_pods()
            if count() != expected:
                states = (f"{each.name} ({each.state})" for each in self._pods)
                what = f"{expected}{word} {self._display_name}"
                step = next_step or "See all: kubectl get pods -A -o wide --show-labels"
                raise CheckFailed(what, f"{count()}: {join_names(states)}", step)

        wait_until_passed(check_number, watch_list(self._api, self._folder, self._query), timeout)
        return self

    def _list_pods(self) -> list[Pod]:
        found = self._api.items(self._folder, **self._query)
        pods = [Pod(self._api, KINDS["pod"], self._folder, each) for each in found]
        return [pod for pod in pods if not pod.going]


def expect_image(
    what: str, images: dict[str, str], reference: str, container: str, next_step: str
) -> None:
    """Expect that one of the images, or that of the container, is `reference`.

    `what` is what uses them, for messages. `images` is container -> image, where a short name and
    the whole one are the same; a `container` of "" is any.
    """
    found = {name: image for name, image in images.items() if container in ("", name)}
    if not any(is_same_image(reference, image) for image in found.values()):
        used = join_names(found.values(), f"no container {container}")
        step = "The image stands in the Pod's spec, or in the template of what makes it."
        raise CheckFailed(f"{what} uses the image {reference}", used, next_step or step)


def make_own_name() -> str:
    """Return a name for an object of a check's own, which no learner gives."""
    return f"course-check-{uuid.uuid4().hex[:8]}"


@contextlib.contextmanager
def create_own_pod(api: Api, namespace: str, name: str, spec: Object) -> Iterator[Pod]:
    """Create a Pod of a check's own, which is gone after the block.

    It has no labels, so that no selector of a Service matches it.
    """
    folder = KINDS["pod"].list_path(namespace)
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    try:
        yield Pod(api, KINDS["pod"], folder, api.create(folder, body))
    finally:
        api.delete(f"{folder}/{name}", grace=0)
