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
from checker.docker.labels import OWNER

if TYPE_CHECKING:
    from docker import DockerClient

IMAGE = "busybox"
TRIED = "course-mesh-try"
"""The name of what is made for the trial."""

TRY_SECONDS = 20.0
POLL_SECONDS = 0.1


def has_routing_mesh(client: DockerClient) -> bool:
    """Tell whether it does, found out by trying.

    A service with a virtual address makes the engine load and program IPVS, if there is any;
    then the kernel shows its table in every network namespace.

    Raises:
        CouldNotFindOut: The service that is to tell it does not run.
    """
    labels = {OWNER: "swarm"}
    network = client.networks.create(TRIED, driver="overlay", attachable=False, labels=labels)
    services: Any = client.services
    try:
        service = services.create(
            IMAGE,
            ["sleep", "60"],
            name=TRIED,
            networks=[TRIED],
            labels=labels,
            container_labels=labels,
            stop_grace_period=0,
        )
        if not wait_until(
            lambda: task_status(service)["State"] == "running", TRY_SECONDS, POLL_SECONDS
        ):
            raise CouldNotFindOut("A first service does not run.", found=str(task_status(service)))
        script = "test -e /proc/net/ip_vs && echo yes || echo no"
        shown = client.containers.run(IMAGE, ["sh", "-c", script], remove=True, labels=labels)
        return bool(shown.strip() == b"yes")
    finally:
        api: Any = client.api
        created = [Entry("service", each["ID"]) for each in api.services(filters={"name": TRIED})]
        removal.remove_entries(client, [Entry("network", str(network.id)), *created])


def task_status(service: Any) -> dict[str, Any]:
    """Return the status of a service's first task."""
    tasks = service.tasks()
    return dict(tasks[0]["Status"]) if tasks else {"State": "no task"}
