"""The pytest plugin that gives checks their fixtures, orders them, and tells what they found."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from checker.base.verdict import Verdict
from checker.checks import http as http_facts
from checker.checks.compose.fixture import Compose
from checker.checks.core.explain import CheckOutcome, describe_fault, explain_error
from checker.checks.core.task import CheckMarker, get_marker
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

    def __init__(self, workspace: Path, open_client: Callable[[], Any]) -> None:
        self._workspace = workspace
        self._open_client = open_client

    @pytest.fixture(scope="session")
    def _client(self) -> Iterator[Any]:
        """One connection to the engine for all checks."""
        with contextlib.closing(self._open_client()) as client:
            yield client

    @pytest.fixture
    def docker(self, _client: Any) -> Iterator[Docker]:
        """Give facts of the engine that the learner works with."""
        with contextlib.closing(Docker(_client)) as facts:
            yield facts

    @pytest.fixture
    def compose(self, _client: Any) -> Iterator[Compose]:
        """Give Compose files of the learner, and projects started from them."""
        with contextlib.closing(Compose(_client, Workspace(self._workspace))) as facts:
            yield facts

    @pytest.fixture(scope="session")
    def kube(self) -> Iterator[Kube]:
        """Give facts of the cluster that the learner works with; one connection for all checks."""
        from checker.orchestrators.kind import cluster_files
        from checker.orchestrators.kind.kube_api import Api

        with contextlib.closing(Api(cluster_files.kubeconfig_file())) as api:
            yield Kube(api)

    @pytest.fixture
    def ecs(self) -> Ecs:
        """Give facts of the ECS emulator that the learner works with."""
        return Ecs()

    @pytest.fixture
    def http(self) -> object:
        """Give answers of web servers; the same as `from checker.checks import http`."""
        return http_facts

    @pytest.fixture
    def probe(self) -> Probe:
        """Load a web server at a constant rate, while a check changes something."""
        return Probe()

    @pytest.fixture
    def swarm(self, _client: Any) -> Swarm:
        """Give facts of the Swarm that the learner works with."""
        return Swarm(_client)

    @pytest.fixture
    def workspace(self) -> Workspace:
        """Give the learner's folder."""
        return Workspace(self._workspace)


class CheckPlugin:
    """One run of a lab's checks: each is announced, then run or skipped, and its outcome sent."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._checks = Path(request.folder) / "checks.py"
        self._outcome = CheckOutcome(Verdict.PASSED)
        self._passed: dict[str, bool] = dict.fromkeys(request.tasks, True)

    def pytest_exception_interact(self, node: object, call: pytest.CallInfo[Any]) -> None:
        """Tell of a checks.py that cannot be loaded, with file and line."""
        if isinstance(node, pytest.Collector) and call.excinfo:
            error = call.excinfo.value
            self._send({"broken": describe_fault(error.__cause__ or error, self._checks)})

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell of what ends pytest itself, such as an exit while checks.py is loaded."""
        self._send({"broken": describe_fault(excinfo.value, self._checks)})

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Tell which checks there are; keep those that are wanted, in the order of the tasks."""
        self._send({"checks": [describe_check(item) for item in items]})
        wanted = select_tasks(items, self._request)
        items[:] = [item for item in items if get_check_marker(item).task in wanted]
        items.sort(key=lambda item: self._request.tasks.index(get_check_marker(item).task))

    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Announce a check, and skip it while one of its prerequisites is not passed."""
        self._outcome = CheckOutcome(Verdict.PASSED)
        self._send({"begin": item.name})
        self._started = time.monotonic()
        missing = [task for task in get_check_marker(item).requires if not self._passed.get(task)]
        if not missing or self._request.all_checks:
            return None
        step = f"First finish: {', '.join(missing)}."
        self._outcome = CheckOutcome(Verdict.SKIPPED, next_step=step)
        self._send_outcome(item)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> pytest.TestReport:
        """Take the first thing that goes wrong; trouble while tidying up does not count.

        pytest's own report would format source code that nobody sees, at 40 ms a failure.
        """
        if call.excinfo and call.when != "teardown" and self._outcome.verdict == Verdict.PASSED:
            self._outcome = explain_error(call.excinfo.value, self._checks)
        if call.when == "teardown":
            self._send_outcome(item)
        ended: Literal["failed", "passed"] = "failed" if call.excinfo else "passed"
        when = cast(Literal["setup", "call", "teardown"], call.when)
        return pytest.TestReport(item.nodeid, item.location, {}, ended, None, when)

    def _send_outcome(self, item: pytest.Item) -> None:
        if self._outcome.verdict != Verdict.PASSED:
            self._passed[get_check_marker(item).task] = False
        seconds = round(time.monotonic() - self._started, 3)
        self._send({"done": item.name, **asdict(self._outcome), "seconds": seconds})


def get_check_marker(item: pytest.Item) -> CheckMarker:
    """Return what `@task` says of a check; of no task where it is missing."""
    return get_marker(getattr(item, "obj", None)) or CheckMarker("", (), 0)


def describe_check(item: pytest.Item) -> dict[str, Any]:
    """Return the message that tells of a check before any is run."""
    check = getattr(item, "obj", None)
    words = (getattr(check, "__doc__", None) or "").strip().splitlines()
    return {
        "function": item.name,
        "line": (item.location[1] or 0) + 1,
        "name": words[0] if words else item.name,
        "described": bool(words),
        **asdict(get_check_marker(item)),
    }


def select_tasks(items: list[pytest.Item], request: Request) -> set[str]:
    """Return the tasks whose checks are run: all, or one with all that it requires."""
    if request.collect_only:
        return set()
    if request.only is None:
        return set(request.tasks)
    markers = [get_check_marker(item) for item in items]
    wanted, new = set[str](), {request.only}
    while new:
        wanted |= new
        needed = {task for each in markers if each.task in new for task in each.requires}
        new = (needed & set(request.tasks)) - wanted
    return wanted
