"""Names of hosts and name servers: a container's own on ECS, the Pod's on Kubernetes."""

from __future__ import annotations

import ipaddress
from typing import Any

from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import Given


def settle(given: Given, draft: Draft) -> None:
    """Names and name servers: the container's own on ECS, the Pod's on Kubernetes."""
    for link in given.take("links", []):
        target, _, alias = link.partition(":")
        for host in dict.fromkeys((alias or target, target)):
            if names.PREFIX.fullmatch(host):
                draft.alias("127.0.0.1", host)
        given.warn(
            "links",
            "containers of a Pod share one address; hostAliases let the linked names stand for it.",
        )
    for entry in given.parts("extraHosts"):
        _extra_host(entry, draft)
    if host := given.take("hostname"):
        if names.LABEL.fullmatch(host):
            draft.pod["hostname"] = host
        else:
            given.warn("hostname", "is no DNS label; Pods are called by their own names.")
    _dns(given, draft)


def _extra_host(entry: Given, draft: Draft) -> None:
    host, address = entry.take("hostname", ""), entry.take("ipAddress", "")
    if names.PREFIX.fullmatch(host) and _is_address(address):
        draft.alias(address, host)
    else:
        entry.warn("", "is no host name with an IP address; left out.")


def _dns(given: Given, draft: Draft) -> None:
    servers = [each for each in given.take("dnsServers", []) if _is_address(each)][:3]
    searches = given.take("dnsSearchDomains", [])
    good = [each for each in searches if names.PREFIX.fullmatch(each)]
    if servers:
        draft.pod |= {"dnsPolicy": "None"}
        draft.pod.setdefault("dnsConfig", {})["nameservers"] = servers
        given.warn("dnsServers", "with these, names of Services do not resolve in this Pod.")
    elif given.has("dnsServers"):
        given.warn("dnsServers", "none is an IP address; left out.")
    if good:
        draft.pod.setdefault("dnsConfig", {})["searches"] = good[:32]
    if len(good) < len(searches):
        given.warn("dnsSearchDomains", "not all of them are domains; those were left out.")


def _is_address(text: Any) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
