"""What good practice says about a Compose file, each finding with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

SECRET = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN)$", re.IGNORECASE)
DATABASE = re.compile(r"(^|/)(postgres|redis|mysql|mariadb|mongo)(:|@|$)")
VARIABLE = re.compile(r"(?<!\$)(\$\$)*\$(\{\s*)?[A-Za-z_]")
DEFAULT = re.compile(r"(?<!\$)(?:\$\$)*\$\{\w+:?-([^$}]+)\}")
"""A value that stands in the file after all, for when the variable is not set."""

IN_URL = re.compile(r"://[^/\s:@]*:([^@\s]+)@|://\S*[?&](?:password|passwd|pwd)=([^&\s\"']+)", re.I)
LOCAL = ("127.0.0.1:", "[::1]:", "localhost:")


def find_bad_practice(file: dict[str, Any]) -> list[str]:
    """Return what to set right in a Compose file; empty where nothing is.

    It is given as read from YAML, before Compose fills in variables.
    """
    found = ["`version:` is ignored by Compose; remove it."] if "version" in file else []
    services = file.get("services")
    for name, service in (services if isinstance(services, dict) else {}).items():
        if isinstance(service, dict):
            found += _find_passwords(name, service) + _find_published_databases(name, service)
    return found


def list_passwords(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """List the passwords in the environment of a service, each with the key that it stands behind.

    They are the values of keys such as POSTGRES_PASSWORD, and passwords in addresses.
    """
    given = service.get("environment")
    if not isinstance(given, dict):
        given = dict(str(each).partition("=")[::2] for each in given or [])
    for key, each in given.items():
        value = "" if each is None else str(each)
        if SECRET.search(str(key)):
            yield str(key), value
        else:
            yield from ((str(key), first or last) for first, last in IN_URL.findall(value))


def _find_passwords(name: str, service: dict[str, Any]) -> list[str]:
    written = [
        key
        for key, value in list_passwords(service)
        if value and (not VARIABLE.search(value) or DEFAULT.search(value))
    ]
    return [
        f"{name}: the value of {key} stands in the file; use `secrets:` or a variable."
        for key in dict.fromkeys(written)
    ]


def _find_published_databases(name: str, service: dict[str, Any]) -> list[str]:
    if not DATABASE.search(str(service.get("image", ""))):
        return []
    return [
        f"{name}: a database is published on all addresses; remove `ports:` or use 127.0.0.1."
        for each in service.get("ports") or []
        if not _is_local(each)
    ]


def _is_local(port: Any) -> bool:
    if isinstance(port, dict):
        return port.get("host_ip") in ("127.0.0.1", "::1")
    return str(port).startswith(LOCAL)
