"""The pytest plugin that gives checks their fixtures, orders them, and tells what they found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from checker.checks import http as http_facts
from checker.checks.compose.fixture import Compose
from checker.checks.core.explain import Outcome, fault, outcome
from checker.checks.core.task import Belongs, belongs
from checker.checks.docker.fixture import Docker
from checker.checks.ecs.fixture import Ecs
from checker.checks.files.fixture import Workspace
from checker.checks.http.probe import Probe
from checker.checks.kubernetes.fixture import Kube
from checker.checks.swarm.fixture import Swarm
from checker.judging.request import Request

Send = Callable[[dict[str, Any]], None]


class Fixtures:
    """What checks can ask for."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    @pytest.fixture(scope="session")
    def _client(self) -> Iterator[Any]:
        """One connection to the engine for all checks."""
        from checker.docker.docker_engine import client

        made = client()
        yield made
        made.close()

    @pytest.fixture
    def docker(self, _client: Any) -> Iterator[Docker]:
        """Facts of the engine that the learner works with."""
        made = Docker(_client)
        yield made
        made.close()

    @pytest.fixture
    def compose(self, _client: Any) -> Iterator[Compose]:
        """Compose files of the learner, and projects started from them."""
        made = Compose(_client, Workspace(self._workspace))
        yield made
        made.close()

    @pytest.fixture(scope="session")
    def kube(self) -> Iterator[Kube]:
        """Facts of the cluster that the learner works with; one connection for all checks."""
        from checker.orchestrators.kind import kind_cluster
        from checker.orchestrators.kind.kube_api import Api

        api = Api(kind_cluster.kubeconfig())
        yield Kube(api)
        api.close()

    @pytest.fixture
    def ecs(self) -> Ecs:
        """Facts of the ECS emulator that the learner works with."""
        return Ecs()

    @pytest.fixture
    def http(self) -> object:
        """Answers of web servers; the same as `from checker.checks import http`."""
        return http_facts

    @pytest.fixture
    def probe(self) -> Probe:
        """Load at a constant rate, while a check changes something."""
        return Probe()

    @pytest.fixture
    def swarm(self, _client: Any) -> Swarm:
        """Facts of the Swarm that the learner works with."""
        return Swarm(_client)

    @pytest.fixture
    def workspace(self) -> Workspace:
        """The learner's folder."""
        return Workspace(self._workspace)


class Judge:
    """One run of a lab's checks: each is announced, then run or skipped, and its outcome sent."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._checks = Path(request.folder) / "checks.py"
        self._outcome = Outcome("passed")
        self._passed: dict[str, bool] = dict.fromkeys(request.tasks, True)

    def pytest_exception_interact(self, node: object, call: pytest.CallInfo[Any]) -> None:
        """A checks.py that cannot be loaded is told with file and line."""
        if isinstance(node, pytest.Collector) and call.excinfo:
            error = call.excinfo.value
            self._send({"broken": fault(error.__cause__ or error, self._checks)})

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """What ends pytest itself, such as an exit while checks.py is loaded."""
        self._send({"broken": fault(excinfo.value, self._checks)})

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Tell which checks there are; keep those that are wanted, in the order of the tasks."""
        self._send({"checks": [_described(item) for item in items]})
        order = list(self._request.tasks)
        wanted = _wanted(items, self._request)
        items[:] = sorted(
            (item for item in items if _belongs(item).task in wanted),
            key=lambda item: order.index(_belongs(item).task),
        )

    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Announce a check, and skip it while one of its prerequisites is not passed."""
        self._outcome = Outcome("passed")
        self._send({"begin": item.name})
        self._started = time.monotonic()
        missing = [task for task in _belongs(item).requires if not self._passed.get(task)]
        if not missing or self._request.all_checks:
            return None
        self._outcome = Outcome("skipped", next_step=f"First finish: {', '.join(missing)}.")
        self._done(item)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> pytest.TestReport:
        """The first thing that goes wrong decides; trouble while tidying up does not.

        pytest's own report would format source code that nobody sees, at 40 ms a failure.
        """
        if call.excinfo and call.when != "teardown" and self._outcome.verdict == "passed":
            self._outcome = outcome(call.excinfo.value, self._checks)
        if call.when == "teardown":
            self._done(item)
        ended: Literal["failed", "passed"] = "failed" if call.excinfo else "passed"
        when = cast(Literal["setup", "call", "teardown"], call.when)
        return pytest.TestReport(item.nodeid, item.location, {}, ended, None, when)

    def _done(self, item: pytest.Item) -> None:
        if self._outcome.verdict != "passed":
            self._passed[_belongs(item).task] = False
        seconds = round(time.monotonic() - self._started, 3)
        self._send({"done": item.name, **asdict(self._outcome), "seconds": seconds})


def _belongs(item: pytest.Item) -> Belongs:
    return belongs(getattr(item, "obj", None)) or Belongs("", (), 0)


def _described(item: pytest.Item) -> dict[str, Any]:
    check = getattr(item, "obj", None)
    words = (getattr(check, "__doc__", None) or "").strip().splitlines()
    return {
        "function": item.name,
        "line": (item.location[1] or 0) + 1,
        "name": words[0] if words else item.name,
        "described": bool(words),
        **asdict(_belongs(item)),
    }


def _wanted(items: list[pytest.Item], request: Request) -> set[str]:
    """The tasks whose checks are run: all, or one with all that it requires."""
    if request.collect_only:
        return set()
    if request.only is None:
        return set(request.tasks)
    wanted, new = set[str](), {request.only}
    while new:
        wanted |= new
        needed = {
            task for item in items if _belongs(item).task in new for task in _belongs(item).requires
        }
        new = (needed & set(request.tasks)) - wanted
    return wanted
