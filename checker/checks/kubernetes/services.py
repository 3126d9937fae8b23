"""Services, and what can be expected of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Self

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, listed, shown
from checker.checks.core.settings import expect_entry
from checker.checks.core.waiting import changes_of
from checker.checks.kubernetes.objects import CORE, KINDS, Object, Thing
from checker.checks.kubernetes.pods import Pods
from checker.orchestrators.kind.kube_api import Api, ApiError

PAUSE = 0.1
"""Seconds between two requests to a server that may still be starting: no event tells of it."""


class Service(Thing):
    """A Service and what is expected of it; every `expect_` gives the Service back."""

    def __init__(self, api: Api, folder: str, attrs: Object) -> None:
        super().__init__(api, KINDS["service"], folder, attrs)

    @property
    def type(self) -> str:
        """ClusterIP, NodePort, LoadBalancer or ExternalName."""
        return str(self.spec.get("type", "ClusterIP"))

    @property
    def ports(self) -> dict[int, int | str]:
        """Port -> port of the Pods, by number or name."""
        return {
            int(each["port"]): each["targetPort"] if "targetPort" in each else each["port"]
            for each in self._ports
        }

    @property
    def node_ports(self) -> dict[int, int]:
        """Port -> port of every node, where there is one."""
        return {each["port"]: each["nodePort"] for each in self._ports if "nodePort" in each}

    @property
    def selector(self) -> dict[str, str]:
        return dict(self.spec.get("selector") or {})

    @property
    def endpoints(self) -> list[str]:
        """The addresses of the ready Pods behind it."""
        query = {"labelSelector": f"kubernetes.io/service-name={self.name}"}
        found = set[str]()
        for piece in self._api.items(self._slices, **query):
            for each in piece.get("endpoints") or []:
                if (each.get("conditions") or {}).get("ready"):
                    found.update(each["addresses"])
        return sorted(found)

    def ask(self, port: int, path: str = "/") -> Content:
        """What a Pod behind it answers; the request goes through the API server's proxy.

        Raises:
            CheckFailed: Nobody answers, or with an error.
        """
        where = f"{self._folder}/{self.name}:{port}/proxy/{path.lstrip('/')}"
        try:
            answer = self._api.text(where)
        except ApiError as error:
            raise CheckFailed(
                f"an answer from {self._called} on port {port}",
                f"{error.status}: {shown(error.text)}",
                f"Try it: kubectl get --raw {where}",
            ) from None
        return Content(
            f"the answer of {self.name}:{port}", answer.encode(), f"kubectl get --raw {where}"
        )

    def expect_type(self, expected: str, *, next_step: str = "") -> Self:
        """ClusterIP, NodePort, LoadBalancer or ExternalName."""
        if self.type != expected:
            raise CheckFailed(
                f"{self._called} is of type {expected}",
                f"it is of type {self.type}",
                next_step or "The type stands in its spec.",
            )
        return self

    def expect_port(self, port: int, *, target: int | str = "", next_step: str = "") -> Self:
        """It listens on this port, and passes on to this one of the Pods."""
        if port not in self.ports or target not in ("", self.ports[port]):
            pairs = (f"{each} to {to}" for each, to in self.ports.items())
            raise CheckFailed(
                f"{self._called} passes port {port} on" + (f" to {target}" if target else ""),
                listed(pairs, "no port"),
                next_step
                or "`port` is the Service's own; `targetPort` is that of the program in the Pods.",
            )
        return self

    def expect_selector(self, expected: dict[str, str], *, next_step: str = "") -> Self:
        """It looks for Pods with these labels."""
        for key, value in expected.items():
            step = next_step or "`selector` must be labels that the Pods have."
            expect_entry(f"{self._called}: selector", self.selector, key, value, step)
        return self

    def expect_endpoints(
        self,
        ready: int | None = None,
        *,
        at_least: int = 1,
        within: float = 0,
        next_step: str = "",
    ) -> Self:
        """So many ready Pods are behind it: exactly `ready`, or `at_least`."""
        wanted = f"{ready}" if ready is not None else f"{at_least} or more"

        def judge() -> None:
            count = len(self.endpoints)
            if count != ready if ready is not None else count < at_least:
                raise CheckFailed(
                    f"{wanted} ready Pods behind {self._called}",
                    f"{count}; {self._whom_it_finds()}",
                    next_step
                    or f"Compare: {self._kubectl('describe')} and kubectl get pods "
                    f"-n {self.namespace} --show-labels",
                )

        self._look_again(judge, within, self._endpoint_changes)
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
        """A Pod behind it answers, with this text in the answer."""
        deadline = time.monotonic() + within
        self.expect_endpoints(within=within)
        while True:
            try:
                answer = self.ask(port, path)
                if contains:
                    answer.expect_contains(contains)
                return self
            except CheckFailed as failed:
                if time.monotonic() >= deadline:
                    step = next_step or failed.next_step
                    raise CheckFailed(failed.expected, failed.found, step) from None
            time.sleep(PAUSE)

    @property
    def _ports(self) -> list[Object]:
        return list(self.spec.get("ports") or [])

    @property
    def _slices(self) -> str:
        return KINDS["endpointslice"].path(self.namespace)

    def _endpoint_changes(self, seconds: float) -> Iterator[object]:
        query = {"labelSelector": f"kubernetes.io/service-name={self.name}"}
        return changes_of(self._api, self._slices, query)(seconds)

    def _whom_it_finds(self) -> str:
        """What its selector matches, in words."""
        if not self.selector:
            return "it has no selector"
        selector = ",".join(f"{key}={value}" for key, value in self.selector.items())
        folder = f"{CORE}/namespaces/{self.namespace}/pods"
        pods = Pods(self._api, folder, selector, "Pods")
        if pods.names:
            return (
                f"its selector {selector} matches {listed(f'{p.name} ({p.state})' for p in pods)}"
            )
        others = {_labels(pod.labels) for pod in Pods(self._api, folder, "", "Pods")}
        return (
            f"its selector {selector} matches no Pod; Pods here have the labels "
            f"{listed(sorted(others), 'none, since there are none')}"
        )

    def _troubles(self) -> list[str]:
        return []


def _labels(labels: dict[str, str]) -> str:
    """Those that people give."""
    own = (f"{key}={value}" for key, value in labels.items() if key != "pod-template-hash")
    return ",".join(own) or "no labels"
