"""What good practice says about a Compose file, each finding with its reason."""

from __future__ import annotations

import re
from typing import Any

SECRET = re.compile(r"PASSWORD$|SECRET$|TOKEN$", re.IGNORECASE)
DATABASE = re.compile(r"(^|/)(postgres|redis|mysql|mariadb|mongo)(:|@|$)")
VARIABLE = re.compile(r"(?<!\$)(\$\$)*\$(\{\s*)?[A-Za-z_]")
IN_URL = re.compile(r"://[^/\s:@]*:([^@\s]+)@")
LOCAL = ("127.0.0.1:", "[::1]:", "localhost:")


def findings(file: dict[str, Any]) -> list[str]:
    """What to set right in a Compose file that was read as YAML; empty where nothing is.

    Args:
        file: The mapping at the top of the file, before Compose fills in variables.
    """
    found = ["`version:` is ignored by Compose; remove it."] if "version" in file else []
    services = file.get("services")
    for name, service in (services if isinstance(services, dict) else {}).items():
        if isinstance(service, dict):
            found += _passwords(name, service) + _published(name, service)
    return found


def _passwords(name: str, service: dict[str, Any]) -> list[str]:
    return [
        f"{name}: the value of {key} stands in the file; use `secrets:` or a variable."
        for key, value in _environment(service.get("environment")).items()
        if any(not VARIABLE.search(each) for each in _secrets(key, value))
    ]


def _secrets(key: str, value: str) -> list[str]:
    """What is not for everybody: the value of a password, or the password in an address."""
    return [value] if SECRET.search(key) and value else IN_URL.findall(value)


def _environment(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {str(key): "" if value is None else str(value) for key, value in given.items()}
    pairs = (str(each).partition("=") for each in given or [])
    return {key: value for key, _, value in pairs}


def _published(name: str, service: dict[str, Any]) -> list[str]:
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
