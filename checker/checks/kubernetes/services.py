"""Services, and what can be expected of them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Self

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, describe_value, join_names
from checker.checks.core.settings import expect_entry
from checker.checks.core.waiting import poll_every, wait_until_passed, watch_list
from checker.checks.kubernetes.deployment_state import DeploymentState
from checker.checks.kubernetes.objects import KINDS, KubernetesObject
from checker.checks.kubernetes.pods import Pod, Pods
from checker.orchestrators.kind.kube_api import ApiError, Object

POLL_SECONDS = 0.1
"""Seconds between two requests to a server that may still be starting: no event tells of it."""


class Service(KubernetesObject):
    """A Service and what is expected of it; every `expect_` gives the Service back."""

    @property
    def type(self) -> str:
        """ClusterIP, NodePort, LoadBalancer or ExternalName."""
        return str(self.spec.get("type", "ClusterIP"))

    @property
    def ports(self) -> dict[int, int | str]:
        """Port -> port of the Pods, by number or name."""
        return {
            int(each["port"]): each["targetPort"] if "targetPort" in each else each["port"]
            for each in self._spec_ports
        }

    @property
    def node_ports(self) -> dict[int, int]:
        """Port -> port of every node, where there is one."""
        return {each["port"]: each["nodePort"] for each in self._spec_ports if "nodePort" in each}

    @property
    def selector(self) -> dict[str, str]:
        return dict(self.spec.get("selector") or {})

    @property
    def endpoints(self) -> list[str]:
        """The addresses of the ready Pods behind it."""
        return sorted({each for found in self._ready_endpoints for each in found["addresses"]})

    def ask(self, port: int, path: str = "/") -> Content:
        """Return what a Pod behind it answers; the request goes through the API server's proxy.

        Raises:
            CheckFailed: Nobody answers, or with an error.
        """
        where = f"{self._folder}/{self.name}:{port}/proxy/{path.lstrip('/')}"
        look = f"kubectl get --raw {where}"
        try:
            answer = self._api.text(where)
        except ApiError as error:
            expected = f"an answer from {self.display_name} on port {port}"
            found = f"{error.status}: {describe_value(error.text)}"
            raise CheckFailed(expected, found, f"Try it: kubectl get --raw {where}") from None
        return Content(f"the answer of {self.name}:{port}", answer.encode(), look)

    def expect_type(self, expected: str, *, next_step: str = "") -> Self:
        """Expect its type: ClusterIP, NodePort, LoadBalancer or ExternalName."""
        if self.type != expected:
            what = f"{self.display_name} is of type {expected}"
            step = next_step or "The type stands in its spec."
            raise CheckFailed(what, f"it is of type {self.type}", step)
        return self

    def expect_port(
        self, port: int, *, target: int | str = "", protocol: str = "TCP", next_step: str = ""
    ) -> Self:
        """Expect that it listens on this port, and passes on to this one of the Pods.

        A name in the Service or in `target` is what the Pods mean by it.
        """
        onward = f" to {target}" if target else ""
        expected = f"{self.display_name} passes port {port} on{onward}"
        if self.spec.get("clusterIP") == "None":
            found = "it is headless: it has no address of its own, on which it could listen"
            raise CheckFailed(expected, found, "Make it again, without `clusterIP: None`.")
        for each in self._spec_ports:
            fits = int(each["port"]) == port and each.get("protocol", "TCP") == protocol
            given = each.get("targetPort", each["port"])
            if fits and (target in ("", given) or self._resolve_port(each) == {target}):
                return self
        step = "`port` is the Service's own; `targetPort` is that of the program in the Pods."
        pairs = map(self._describe_port, self._spec_ports)
        raise CheckFailed(expected, join_names(pairs, "no port"), next_step or step)

    def expect_selector(self, expected: dict[str, str], *, next_step: str = "") -> Self:
        """Expect that it looks for Pods with these labels."""
        for key, value in expected.items():
            step = next_step or "`selector` must be labels that the Pods have."
            expect_entry(f"{self.display_name}: selector", self.selector, key, value, step)
        return self

    def expect_endpoints(
        self,
        ready: int | None = None,
        *,
        at_least: int = 1,
        within: float = 0,
        next_step: str = "",
    ) -> Self:
        """Expect how many ready Pods are behind it: exactly `ready`, or `at_least`."""
        wanted = f"{ready}" if ready is not None else f"{at_least} or more"

        def check_endpoints() -> None:
            count = len(self.endpoints)
            if count != ready if ready is not None else count < at_least:
                raise CheckFailed(
                    f"{wanted} ready Pods behind {self.display_name}",
                    f"{count}; {self._describe_selection()}",
                    next_step
                    or f"Compare: {self.suggest_command('describe')} and kubectl get pods "
                    f"-n {self.namespace} --show-labels",
                )

        changes = watch_list(self._api, self._slice_folder, self._slice_query)
        return self.wait_until_passed(check_endpoints, within, changes)

    def expect_pods_of(
        self, deployment: DeploymentState, *, within: float = 0, next_step: str = ""
    ) -> Self:
        """Expect that the ready Pods of a Deployment are behind it, all of them and no others."""
        step = next_step or (
            f"Compare: {self.suggest_command('describe')} and kubectl get pods "
            f"-n {self.namespace} --show-labels"
        )
        if not self.selector:
            found = "it has no selector, so it finds no Pod by itself"
            raise CheckFailed(f"{self.display_name} has a selector", found, step)

        def check_pods() -> None:
            wanted = {pod.uid: pod.name for pod in deployment.pods if pod.ready}
            behind = {
                str(target.get("uid")): str(target.get("name"))
                for endpoint in self._ready_endpoints
                if (target := endpoint.get("targetRef") or {})
            }
            if not wanted or behind.keys() != wanted.keys():
                strangers = join_names(sorted(behind[x] for x in behind.keys() - wanted.keys()))
                absent = join_names(sorted(wanted[x] for x in wanted.keys() - behind.keys()))
                raise CheckFailed(
                    f"all ready Pods of {deployment.name} behind {self.display_name}, no others",
                    f"{len(behind)}, of which not its own: {strangers}; missing: {absent}; "
                    f"{self._describe_selection()}",
                    step,
                )

        changes = watch_list(self._api, self._slice_folder, self._slice_query)
        return self.wait_until_passed(check_pods, within, changes)

    def expect_answers(
        self,
        port: int,
        *,
        path: str = "/",
        contains: str = "",
        within: float = 0,
        next_step: str = "",
    ) -> Self:
        """Expect that a Pod behind it answers, with this text in the answer."""
        deadline = time.monotonic() + within
        self.expect_endpoints(within=within)

        def check_answer() -> None:
            answer = self.ask(port, path)
            if contains:
                answer.expect_contains(contains)

        try:
            left = deadline - time.monotonic()
            wait_until_passed(check_answer, poll_every(POLL_SECONDS), left)
        except CheckFailed as failed:
            step = next_step or failed.next_step
            raise CheckFailed(failed.expected, failed.found, step) from None
        return self

    @property
    def _spec_ports(self) -> list[Object]:
        return list(self.spec.get("ports") or [])

    @property
    def _ready_endpoints(self) -> list[Object]:
        return [
            each
            for endpoint_slice in self._api.items(self._slice_folder, **self._slice_query)
            for each in endpoint_slice.get("endpoints") or []
            if (each.get("conditions") or {}).get("ready")
        ]

    def _resolve_port(self, port: Object) -> set[int | str]:
        """Return the ports of the Pods that one port of the Service leads to, by number."""
        given: int | str = port["targetPort"] if "targetPort" in port else port["port"]
        if not isinstance(given, str):
            return {given}
        folder = KINDS["pod"].list_path(self.namespace)
        selector = ",".join(f"{key}={value}" for key, value in self.selector.items())
        pods: Iterable[Pod] = Pods(self._api, folder, selector, "Pods") if selector else ()
        return {
            int(each["containerPort"])
            for pod in pods
            # Init containers that go on running have ports as well.
            for container in (*pod.spec["containers"], *pod.spec.get("initContainers", ()))
            for each in container.get("ports") or []
            if each.get("name") == given
            and each.get("protocol", "TCP") == port.get("protocol", "TCP")
        }

    def _describe_port(self, port: Object) -> str:
        given = port.get("targetPort", port["port"])
        protocol = f" ({port['protocol']})" if port.get("protocol", "TCP") != "TCP" else ""
        if isinstance(given, str):
            numbers = join_names(map(str, self._resolve_port(port)), "no port of its Pods")
            return f"{port['port']}{protocol} to {given}, which names {numbers}"
        return f"{port['port']}{protocol} to {given}"

    @property
    def _slice_folder(self) -> str:
        return KINDS["endpointslice"].list_path(self.namespace)

    @property
    def _slice_query(self) -> dict[str, str]:
        return {"labelSelector": f"kubernetes.io/service-name={self.name}"}

    def _describe_selection(self) -> str:
        """Return what its selector matches, in words."""
        if not self.selector:
            return "it has no selector"
        selector = ",".join(f"{key}={value}" for key, value in self.selector.items())
        folder = KINDS["pod"].list_path(self.namespace)
        pods = Pods(self._api, folder, selector, "Pods")
        if pods.names:
            states = join_names(f"{each.name} ({each.state})" for each in pods)
            return f"its selector {selector} matches {states}"
        others = {_format_labels(pod.labels) for pod in Pods(self._api, folder, "", "Pods")}
        return (
            f"its selector {selector} matches no Pod; Pods here have the labels "
            f"{join_names(sorted(others), 'none, since there are none')}"
        )

    def list_troubles(self) -> list[str]:
        """Return none: what its selector finds says more than its events."""
        return []


def _format_labels(labels: dict[str, str]) -> str:
    """Return the labels that people give."""
    own = (f"{key}={value}" for key, value in labels.items() if key != "pod-template-hash")
    return ",".join(own) or "no labels"
