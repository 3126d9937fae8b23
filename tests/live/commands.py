"""What live tests have in common: commands of a learner, waits, and a namespace of one's own."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from checker.base import process
from checker.orchestrators.kind import cluster_snapshot
from checker.orchestrators.kind.kube_api import Api
from checker.orchestrators.registry import shell_environment


def run(*words: str, check: bool = True, **options: Any) -> process.Completed:
    """As a learner types it in a course shell; it has 60 seconds, or `timeout`."""
    settings = {"timeout": 60, "env": shell_environment(), **options}
    return process.run(list(words), check=check, **settings)


kubectl = partial(run, "kubectl")


def until(found: Callable[[], object], seconds: float = 60.0) -> Any:
    """What is found, as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)
    return answer


@contextlib.contextmanager
def own_namespace(api: Api) -> Iterator[str]:
    """A namespace for one test; afterwards it is gone."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        cluster_snapshot.empty_namespace(api, name)
        api.delete(f"/api/v1/namespaces/{name}")
        cluster_snapshot.finalize_namespace(api, name)
