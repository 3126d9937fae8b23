"""Users, rights and parameters of the kernel."""

from __future__ import annotations

import re

from checker.convert.draft import Draft
from checker.convert.tracked_input import Given, Object

SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
"""What every kubelet allows (Kubernetes, "Using sysctls in a Kubernetes Cluster")."""
SYSCTL = re.compile(r"[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*")
USER = re.compile(r"(\d{1,9})(?::(\d{1,9}))?", re.A)


def context(given: Given, draft: Draft) -> Object:
    """The security context of a container."""
    made = _user(given)
    if given.take("privileged"):
        made["privileged"] = True
        given.warn("privileged", "kept: such a container is root on its node.")
    if given.take("readonlyRootFilesystem"):
        made["readOnlyRootFilesystem"] = True
    for option in given.take("dockerSecurityOptions", []):
        if option in ("no-new-privileges", "no-new-privileges:true"):
            made["allowPrivilegeEscalation"] = False
        else:
            given.warn("dockerSecurityOptions", f"{option}: see securityContext; left out.")
    if made.get("privileged") and made.pop("allowPrivilegeEscalation", None) is False:
        given.warn("dockerSecurityOptions", "cannot hold for a privileged container; left out.")
    _linux(given.part("linuxParameters"), made, draft)
    _sysctls(given, draft)
    return made


def _user(given: Given) -> Object:
    user = str(given.take("user", ""))
    user = {"root": "0"}.get(user, user)
    found = USER.fullmatch(user)
    if found is None:
        if user:
            given.warn("user", "Kubernetes wants numbers, as in 1000:1000; the image's user stays.")
        return {}
    group = {"runAsGroup": int(found[2])} if found[2] else {}
    return {"runAsUser": int(found[1]), **group}


def _linux(given: Given, made: Object, draft: Draft) -> None:
    rights = given.part("capabilities")
    asked = {name: rights.take(name) for name in ("add", "drop")}
    if given_rights := {
        name: [each.removeprefix("CAP_") for each in words]
        for name, words in asked.items()
        if words
    }:
        made["capabilities"] = given_rights
    if given.take("initProcessEnabled"):
        draft.pod["shareProcessNamespace"] = True
        given.warn(
            "initProcessEnabled",
            "shareProcessNamespace lets the Pod's own first process collect dead children; it also "
            "lets containers of the Pod see each other's processes.",
        )
    given.leave("devices", "left out: devices are given by device plugins of the nodes.")
    for name in ("maxSwap", "swappiness"):
        given.leave(name, "left out: swap is the node's matter.")


def _sysctls(given: Given, draft: Draft) -> None:
    for control in given.parts("systemControls"):
        name, value = control.take("namespace", ""), control.take("value", "")
        if SYSCTL.fullmatch(name) is None:
            control.warn("namespace", "is no parameter of the kernel; left out.")
        elif draft.network == "host" and name.startswith("net."):
            control.warn("namespace", "the Pod uses the node's network: set it there; left out.")
        elif draft.task.value.get("ipcMode") == "host" and not name.startswith("net."):
            control.warn("namespace", "the Pod shares it with its node: set it there; left out.")
        elif not name.startswith(("net.", "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")):
            control.warn("namespace", "is not the Pod's to set; left out.")
        else:
            _set(control, name, value, draft)


def _set(control: Given, name: str, value: str, draft: Draft) -> None:
    every = draft.pod.setdefault("securityContext", {}).setdefault("sysctls", [])
    known = next((each for each in every if each["name"] == name), None)
    if known is None:
        every.append({"name": name, "value": value})
    elif known["value"] != value:
        control.warn("value", "another container sets another; the first one stays.")
    if name not in SAFE_SYSCTLS:
        control.warn("namespace", "the kubelet must allow it: --allowed-unsafe-sysctls")
