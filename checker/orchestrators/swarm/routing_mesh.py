"""Whether this kernel has what the routing mesh of Swarm needs: IPVS.

Services with virtual addresses need it as well. Without it, tasks are found by DNS round robin, and
a proxy before them publishes the port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import removal
from checker.docker.journal import Entry
from checker.sandbox.recorder import OWNER

if TYPE_CHECKING:
    from docker import DockerClient

IMAGE = "busybox"
TRIED = "course-mesh-try"
"""The name of what is made for the trial."""

TRY_SECONDS = 20.0
POLL_SECONDS = 0.1


def works(client: DockerClient) -> bool:
    """Whether it does, found out by trying.

    A service with a virtual address makes the engine load and program IPVS, if there is any;
    then the kernel shows its table in every network namespace.

    Raises:
        CouldNotFindOut: The service that is to tell it does not run.
    """
    network = client.networks.create(
        TRIED, driver="overlay", attachable=False, labels={OWNER: "swarm"}
    )
    services: Any = client.services
    try:
        service = services.create(
            IMAGE,
            ["sleep", "60"],
            name=TRIED,
            networks=[TRIED],
            labels={OWNER: "swarm"},
            container_labels={OWNER: "swarm"},
            stop_grace_period=0,
        )
        _wait_until_runs(service)
        shown = client.containers.run(
            IMAGE,
            ["sh", "-c", "test -e /proc/net/ip_vs && echo yes || echo no"],
            remove=True,
            labels={OWNER: "swarm"},
        )
        return bool(shown.strip() == b"yes")
    finally:
        _remove_try(client, str(network.id))


def _wait_until_runs(service: Any) -> None:
    def status() -> dict[str, Any]:
        tasks = service.tasks()
        return dict(tasks[0]["Status"]) if tasks else {"State": "no task"}

    if not wait_until(lambda: status()["State"] == "running", TRY_SECONDS, POLL_SECONDS):
        raise CouldNotFindOut("A first service does not run.", found=str(status()))


def _remove_try(client: DockerClient, network: str) -> None:
    api: Any = client.api
    entries = [Entry("network", network)]
    for each in api.services(filters={"name": TRIED}):
        entries.append(Entry("service", each["ID"]))
    removal.remove_all(client, entries)
