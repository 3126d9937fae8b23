"""Who can reach a published port: this machine alone, or others as well."""

from __future__ import annotations

import ipaddress

from checker.checks.core.failure import CheckFailed, join_names
from checker.checks.docker.containers import Container
from checker.checks.docker.ports import list_bound_ports


def expect_published_locally(container: Container, as_port: int, *, next_step: str = "") -> None:
    """Expect it to be published at 127.0.0.1:AS_PORT, and nowhere that other machines can reach.

    Which port of the container it is does not count: that is between the image and whoever runs
    it. What counts is what is bound, so that `-P` is seen as well.

    Raises:
        CheckFailed: It does not run, or is published elsewhere, or some port of it is open to all.
    """
    container.expect_running(next_step=f"See why: docker logs {container.name}")
    bound = list_bound_ports(container.attrs)
    found = join_names(
        (
            f"{each.container_port}/{each.protocol} as {write_address(each.address)}:{each.port}"
            for each in bound
        ),
        "it publishes no port",
    )
    inner = next((each.container_port for each in bound if each.port == as_port), "PORT")
    step = next_step or (
        f"A container keeps what it was made with: remove {container.name}, and run it again "
        f"with -p 127.0.0.1:{as_port}:{inner}."
    )
    if not any(
        each.port == as_port
        and (each.address == "127.0.0.1" or is_every_ipv4_address(each.address))
        for each in bound
        if each.protocol == "tcp"
    ):
        raise CheckFailed(f"{container.name} published as 127.0.0.1:{as_port}", found, step)
    if not all(each.is_local for each in bound):
        expected = f"every port of {container.name} published on 127.0.0.1 only"
        raise CheckFailed(expected, found, step)


def is_every_ipv4_address(address: str) -> bool:
    """Say whether an address stands for all of the machine's; the engine may leave it out."""
    return not address or (":" not in address and ipaddress.ip_address(address).is_unspecified)


def write_address(address: str) -> str:
    """Write an address as it stands in front of a port."""
    return f"[{address}]" if ":" in address else address or "*"
