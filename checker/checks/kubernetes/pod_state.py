"""What a Pod is, does, and was given."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from checker.checks.core.content import Content, Output
from checker.checks.core.failure import CheckFailed, describe_value, join_names
from checker.checks.core.settings import parse_environment
from checker.checks.kubernetes.objects import KubernetesObject
from checker.checks.kubernetes.quantities import parse_quantity
from checker.orchestrators.kind.kube_api import ApiError, Object

LOG_LINES = 2000

READ_MEMORY_LIMIT = (
    "cat /sys/fs/cgroup/memory.max 2>/dev/null || "
    "sed -n 's/^hierarchical_memory_limit //p' /sys/fs/cgroup/memory/memory.stat"
)
"""Of cgroup v2, else of v1: https://docs.kernel.org/admin-guide/cgroup-v2.html."""


class PodState(KubernetesObject):
    """The facts of a Pod, on which its expectations stand."""

    @property
    def phase(self) -> str:
        """Pending, Running, Succeeded, Failed or Unknown."""
        return str(self.status.get("phase", "Unknown"))

    @property
    def running(self) -> bool:
        """Each of its containers runs, and it is not about to go."""
        running = ["running" in each.get("state", {}) for each in self._container_statuses]
        return self.phase == "Running" and not self.going and bool(running) and all(running)

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
    def owner(self) -> str:
        """Kind and name of what made it, such as `ReplicaSet web-5d8c`; "" for a bare Pod."""
        controller = self.controller
        return f"{controller['kind']} {controller['name']}" if controller else ""

    @property
    def restarts(self) -> int:
        """How often its containers were started again, all together."""
        return sum(int(each.get("restartCount", 0)) for each in self._container_statuses)

    @property
    def running_seconds(self) -> float:
        """For how long all of its containers have run; 0 if one does not."""
        if not self.running:
            return 0.0
        starts = (each["state"]["running"].get("startedAt") for each in self._container_statuses)
        begun = [datetime.fromisoformat(each) for each in starts if each]
        # A kubelet that names no time says only that it runs: then nothing speaks against it.
        return (datetime.now(UTC) - max(begun)).total_seconds() if begun else float("inf")

    def count_refusals(self) -> int:
        """Return how often its readiness probe has failed, as the kubelet has noted it down."""
        selector = f"involvedObject.uid={self.uid},reason=Unhealthy"
        events = self._api.items(
            f"/api/v1/namespaces/{self.namespace}/events", fieldSelector=selector
        )
        return sum(
            int(each.get("count") or 1)
            for each in events
            if str(each.get("message", "")).startswith("Readiness")
        )

    @property
    def logs(self) -> str:
        """What its first container wrote: the last 2000 lines; "" if it has not started."""
        return self.read_log()

    def read_log(self, container: str = "") -> str:
        """Return what its first container, or the named one, wrote: the last 2000 lines."""
        query = self._log_query | ({"container": container} if container else {})
        try:
            return self._api.text(self._log_path, **query)
        except ApiError as error:
            if error.status in (400, 404):
                return ""
            raise

    @property
    def state(self) -> str:
        """In words, for messages: its phase, or why a container waits or how it ended."""
        if self.going:
            return "Terminating"
        unplaced = self.condition("PodScheduled") == "False"
        otherwise = "Pending: no node was found for it" if unplaced else self.phase
        return join_names(filter(None, map(_describe_state, self._container_statuses)), otherwise)

    @property
    def last_end(self) -> str:
        """How a container ended before it was started again, such as `OOMKilled (137)`; or ""."""
        ends = (_describe_end(each.get("lastState") or {}) for each in self._container_statuses)
        return next(filter(None, ends), "")

    # --- what it was given

    def read_environment(self, *, container: str = "") -> dict[str, str]:
        """Return the variables that a container's process was started with, as the kernel has them.

        ConfigMaps and Secrets are in it with their values, in whatever way they were named.
        """
        # Where containers share their processes, number 1 is none of theirs.
        shared = self.spec.get("shareProcessNamespace") or self.spec.get("hostPID")
        found = self.exec(["cat", "/proc/1/environ"], container=container) if not shared else None
        if found is None or found.status:
            output = self.exec(["env"], container=container).expect_status(0)
            return parse_environment(output.text.splitlines())
        return parse_environment(found.bytes.decode(errors="replace").split("\0")[:-1])

    def exec(self, command: list[str], *, container: str = "") -> Output:
        """Run a command in its first container, or the named one, without a shell."""
        name = container or str(self.spec["containers"][0]["name"])
        status, data = self._api.exec(f"{self._folder}/{self.name}", name, command)
        where = f"kubectl exec -n {self.namespace} {self.name} -c {name}"
        return Output(f"{where} -- {' '.join(command)}", status, data)

    def request(self, resource: str, *, container: str = "") -> Decimal:
        """Return how much of `cpu` or `memory` is kept for it, or for one of its containers.

        A limit without a request is a request of the same size, by the time that the Pod is there.
        """
        whole = ((self.spec.get("resources") or {}).get("requests") or {}).get(resource)
        if whole and not container:
            return parse_quantity(whole) or Decimal(0)
        found = (
            ((each.get("resources") or {}).get("requests") or {}).get(resource, 0)
            for each in self.spec["containers"]
            if container in ("", each["name"])
        )
        return sum((parse_quantity(each) or Decimal(0) for each in found), Decimal(0))

    def get_memory_limit(self, *, container: str = "") -> Decimal | None:
        """Return how many bytes its first container, or the named one, may use.

        It is the least of that container's limit and that of the whole Pod; None without both.
        """
        containers = self.spec["containers"]
        named = (each for each in containers if each["name"] == container)
        both = (next(named, containers[0]), self.spec)
        given = (((each.get("resources") or {}).get("limits") or {}).get("memory") for each in both)
        return min((size for each in given if (size := parse_quantity(each))), default=None)

    def read_memory_limit(self, *, container: str = "") -> int | None:
        """Return how many bytes the kernel lets a container use; None if no limit can be read."""
        found = self.exec(["sh", "-c", READ_MEMORY_LIMIT], container=container)
        text = found.bytes.decode(errors="replace").strip()
        # Without a limit, v2 says `max`, and v1 a number near the largest that there is.
        return int(text) if text.isdecimal() and int(text) < 2**60 else None

    def ask(self, port: int, path: str = "/") -> Content:
        """Return what it answers on a port; the request goes through the API server's proxy.

        Raises:
            CheckFailed: It does not answer, or with an error.
        """
        where = f"{self._folder}/{self.name}:{port}/proxy/{path.lstrip('/')}"
        look = f"kubectl get --raw {where}"
        try:
            answer = self._api.text(where)
        except ApiError as error:
            expected = f"an answer from {self.display_name} at {path} on port {port}"
            found = f"{error.status}: {describe_value(error.text)}"
            raise CheckFailed(expected, found, f"Try it: {look}") from None
        return Content(f"the answer of {self.name} at {path}", answer.encode(), f"Try it: {look}")

    # --- within

    @property
    def _container_statuses(self) -> list[Object]:
        return list(self.status.get("containerStatuses") or [])

    @property
    def _log_query(self) -> dict[str, object]:
        return {"container": self.spec["containers"][0]["name"], "tailLines": LOG_LINES}

    @property
    def _log_path(self) -> str:
        return f"{self._folder}/{self.name}/log"


def _describe_state(container: Object) -> str:
    """Return why a container does not run, as `kubectl get pods` would say it; "" if it does."""
    state = container.get("state") or {}
    if "waiting" in state:
        reason = str(state["waiting"].get("reason", "waiting"))
        end = _describe_end(container.get("lastState") or {})
        return f"{reason} after {end}" if end else reason
    return _describe_end(state) or ("" if container.get("ready") else "running, but not ready")


def _describe_end(state: Object) -> str:
    end = state.get("terminated")
    return f"{end.get('reason', 'ended')} ({end['exitCode']})" if end else ""
