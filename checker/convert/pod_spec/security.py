"""Users, rights and parameters of the kernel."""

from __future__ import annotations

import re

from checker.convert.draft import Draft
from checker.convert.tracked_input import Object, TrackedInput

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


def convert_security_context(container: TrackedInput, draft: Draft) -> Object:
    """Convert users and rights into the security context of a container."""
    context = convert_user(container)
    if container.take("privileged"):
        context["privileged"] = True
        container.warn("privileged", "kept: such a container is root on its node.")
    if container.take("readonlyRootFilesystem"):
        context["readOnlyRootFilesystem"] = True
    for option in container.take("dockerSecurityOptions", []):
        if option in ("no-new-privileges", "no-new-privileges:true"):
            context["allowPrivilegeEscalation"] = False
        else:
            container.warn("dockerSecurityOptions", f"{option}: see securityContext; left out.")
    # The API server refuses a Pod that asks for both.
    if context.get("privileged") and context.pop("allowPrivilegeEscalation", None) is False:
        container.warn("dockerSecurityOptions", "cannot hold for a privileged container; left out.")
    convert_linux_parameters(container.get_part("linuxParameters"), context, draft)
    convert_sysctls(container, draft)
    return context


def convert_user(container: TrackedInput) -> Object:
    """Convert the user, and the group, that processes run as."""
    user = str(container.take("user", ""))
    user = {"root": "0"}.get(user, user)
    found = USER.fullmatch(user)
    if found is None:
        if user:
            container.warn(
                "user", "Kubernetes wants numbers, as in 1000:1000; the image's user stays."
            )
        return {}
    group = {"runAsGroup": int(found[2])} if found[2] else {}
    return {"runAsUser": int(found[1]), **group}


def convert_linux_parameters(parameters: TrackedInput, context: Object, draft: Draft) -> None:
    """Convert what a container asks of Linux: rights, and an init process."""
    given_rights = parameters.get_part("capabilities")
    asked = {name: given_rights.take(name) for name in ("add", "drop")}
    if capabilities := {
        name: [each.removeprefix("CAP_") for each in words]
        for name, words in asked.items()
        if words
    }:
        context["capabilities"] = capabilities
    if parameters.take("initProcessEnabled"):
        draft.pod["shareProcessNamespace"] = True
        parameters.warn(
            "initProcessEnabled",
            "shareProcessNamespace lets the Pod's own first process collect dead children; it also "
            "lets containers of the Pod see each other's processes.",
        )
    parameters.omit("devices", "left out: devices are given by device plugins of the nodes.")
    for name in ("maxSwap", "swappiness"):
        parameters.omit(name, "left out: swap is the node's matter.")


def convert_sysctls(container: TrackedInput, draft: Draft) -> None:
    """Convert parameters of the kernel into those of the Pod, as far as they are its own."""
    for control in container.get_parts("systemControls"):
        name, value = control.take("namespace", ""), control.take("value", "")
        if SYSCTL.fullmatch(name) is None:
            control.warn("namespace", "is no parameter of the kernel; left out.")
        elif draft.network_mode == "host" and name.startswith("net."):
            control.warn("namespace", "the Pod uses the node's network: set it there; left out.")
        elif draft.task.value.get("ipcMode") == "host" and not name.startswith("net."):
            control.warn("namespace", "the Pod shares it with its node: set it there; left out.")
        elif not name.startswith(("net.", "kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")):
            control.warn("namespace", "is not the Pod's to set; left out.")
        else:
            every = draft.pod.setdefault("securityContext", {}).setdefault("sysctls", [])
            known = next((each for each in every if each["name"] == name), None)
            if known is None:
                every.append({"name": name, "value": value})
            elif known["value"] != value:
                control.warn("value", "another container sets another; the first one stays.")
            if name not in SAFE_SYSCTLS:
                control.warn("namespace", "the kubelet must allow it: --allowed-unsafe-sysctls")
