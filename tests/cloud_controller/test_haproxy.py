"""HAProxy's configuration for what a Service wants."""

from __future__ import annotations

from dataclasses import replace

from cloud_controller.haproxy import Backend, Balancer, render

WEB = Balancer(
    service="shop/web",
    uid="1",
    ports=((80, 30080), (443, 30443)),
    backends=(Backend("one", "10.0.0.1"), Backend("two", "10.0.0.2")),
)


def section(text: str, title: str) -> list[str]:
    """The lines of a section, without their indentation."""
    found = text.split(f"\n{title}\n")[1].split("\n\n")[0]
    return [line.strip() for line in found.splitlines()]


def test_each_port_has_a_frontend_and_every_machine_behind_it() -> None:
    text = render(WEB)
    assert section(text, "frontend port-80") == ["bind :80", "default_backend nodes-80"]
    servers = [line for line in section(text, "backend nodes-443") if line.startswith("server ")]
    assert servers == ["server one 10.0.0.1:30443", "server two 10.0.0.2:30443"]


def test_clients_are_spread_unless_the_service_wants_affinity() -> None:
    assert "balance roundrobin" in section(render(WEB), "backend nodes-80")
    sticky = section(render(replace(WEB, sticky=True)), "backend nodes-80")
    assert "balance source" in sticky
    assert "hash-type consistent" in sticky
    assert "balance roundrobin" not in sticky


def test_health_is_asked_where_the_service_says() -> None:
    assert "check port 10256 " in render(WEB)
    local = render(replace(WEB, health_port=31000))
    assert "check port 31000 " in local
    assert "10256" not in local


def test_only_the_named_networks_may_come() -> None:
    assert "reject" not in render(WEB)
    text = render(replace(WEB, sources=("10.0.0.0/8", "192.168.0.0/16")))
    rule = "tcp-request connection reject unless { src 10.0.0.0/8 192.168.0.0/16 }"
    assert section(text, "frontend port-80")[1] == rule


def test_service_without_machines_has_a_configuration_all_the_same() -> None:
    assert "server " not in section(render(replace(WEB, backends=())), "backend nodes-80")
