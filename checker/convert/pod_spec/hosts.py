"""Names of hosts and name servers: a container's own on ECS, the Pod's on Kubernetes."""

from __future__ import annotations

import ipaddress
from typing import Any

from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import TrackedInput


def convert_host_names(container: TrackedInput, draft: Draft) -> None:
    """Write names and name servers into the Pod, which a container has to itself on ECS."""
    for link in container.take("links", []):
        target, _, alias = link.partition(":")
        for host in dict.fromkeys((alias or target, target)):
            if names.PREFIX.fullmatch(host):
                draft.add_host_alias("127.0.0.1", host)
        container.warn(
            "links",
            "containers of a Pod share one address; hostAliases let the linked names stand for it.",
        )
    for entry in container.get_parts("extraHosts"):
        host, address = entry.take("hostname", ""), entry.take("ipAddress", "")
        if names.PREFIX.fullmatch(host) and _is_address(address):
            draft.add_host_alias(address, host)
        else:
            entry.warn("", "is no host name with an IP address; left out.")
    if host := container.take("hostname"):
        if names.LABEL.fullmatch(host):
            draft.pod["hostname"] = host
        else:
            container.warn("hostname", "is no DNS label; Pods are called by their own names.")
    convert_name_servers(container, draft)


def convert_name_servers(container: TrackedInput, draft: Draft) -> None:
    """Write name servers and search domains into the Pod, as far as it takes them."""
    servers = [each for each in container.take("dnsServers", []) if _is_address(each)][:3]
    searches = container.take("dnsSearchDomains", [])
    good = [each for each in searches if names.PREFIX.fullmatch(each)]
    if servers:
        # Only with this policy are the servers of dnsConfig the only ones, as they are on ECS.
        draft.pod |= {"dnsPolicy": "None"}
        draft.pod.setdefault("dnsConfig", {})["nameservers"] = servers
        container.warn("dnsServers", "with these, names of Services do not resolve in this Pod.")
    elif container.has("dnsServers"):
        container.warn("dnsServers", "none is an IP address; left out.")
    if good:
        draft.pod.setdefault("dnsConfig", {})["searches"] = good[:32]
    if len(good) < len(searches):
        container.warn("dnsSearchDomains", "not all of them are domains; those were left out.")


def _is_address(text: Any) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
