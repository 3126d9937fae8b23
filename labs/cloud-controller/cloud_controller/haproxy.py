"""What a load balancer should be, and HAProxy's configuration for it. Nothing here does anything.

The backends are the machines' addresses with the Service's node ports, as for the load balancers
of real clouds: the cloud knows machines, not Pods. On the machine kube-proxy finds the Pod, and it
follows the EndpointSlices; the load balancer need not.
"""

from __future__ import annotations

from dataclasses import dataclass

KUBE_PROXY_HEALTH = 10256
"""Where each kube-proxy says whether it works: kubernetes.io, virtual IPs and service proxies."""

HEAD = """\
global
    log stdout format raw local0 notice
    maxconn 1000
    nbthread 1
    # After a reload the old process serves its connections to their end, but not for ever.
    hard-stop-after 1h

defaults
    mode tcp
    log global
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    retries 2
    option redispatch
"""


@dataclass(frozen=True)
class Backend:
    """A machine that takes traffic."""

    name: str
    address: str


@dataclass(frozen=True)
class Balancer:
    """A load balancer as a Service wants it.

    Args:
        service: NAMESPACE/NAME.
        uid: Of the Service; another of the same name has another.
        ports: The Service's ports, each with its node port.
        backends: The machines, whether they work or not: HAProxy finds that out.
        health_port: Where a machine says by HTTP whether it can serve this Service.
        sticky: A client always comes to the same machine.
        sources: Networks from which clients may come; empty means all.
    """

    service: str
    uid: str
    ports: tuple[tuple[int, int], ...]
    backends: tuple[Backend, ...]
    health_port: int = KUBE_PROXY_HEALTH
    sticky: bool = False
    sources: tuple[str, ...] = ()


def render(balancer: Balancer) -> str:
    """HAProxy's configuration: a frontend and a backend a port."""
    return HEAD + "".join(_section(balancer, *each) for each in balancer.ports)


def _section(balancer: Balancer, port: int, node_port: int) -> str:
    allowed = " ".join(balancer.sources)
    frontend = [
        f"frontend port-{port}",
        f"bind :{port}",
        *([f"tcp-request connection reject unless {{ src {allowed} }}"] if allowed else []),
        f"default_backend nodes-{port}",
    ]
    backend = [
        f"backend nodes-{port}",
        "balance source" if balancer.sticky else "balance roundrobin",
        *(["hash-type consistent"] if balancer.sticky else []),
        "option httpchk GET /healthz",
        f"default-server check port {balancer.health_port} inter 2s fastinter 1s fall 2 rise 1",
        *(f"server {each.name} {each.address}:{node_port}" for each in balancer.backends),
    ]
    return "".join("\n" + "\n    ".join(lines) + "\n" for lines in (frontend, backend))
