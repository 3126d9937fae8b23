"""Tests of what good practice says about a Compose file."""

from __future__ import annotations

from typing import Any

import pytest

from checker.formats.compose_practice import find_bad_practice


def _service(**keys: Any) -> dict[str, Any]:
    return {"services": {"db": {"image": "postgres:17", **keys}}}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ({"version": "3.8", "services": {}}, "`version:` is ignored"),
        (_service(environment={"POSTGRES_PASSWORD": "x"}), "POSTGRES_PASSWORD stands in the file"),
        (_service(environment={"POSTGRES_PASSWORD": "a$$b"}), "POSTGRES_PASSWORD stands in"),
        (_service(environment={"URL": "postgres://shop:x@db:5432/shop"}), "URL stands in the file"),
        (_service(environment={"URL": "postgres://db/shop?user=a&password=x"}), "URL stands in"),
        (_service(environment={"POSTGRES_PASSWORD": "${PW:-x}"}), "POSTGRES_PASSWORD stands in"),
        (_service(environment=["POSTGRES_PASSWORD=x"]), "POSTGRES_PASSWORD stands in the file"),
        (_service(ports=["5432:5432"]), "published on all addresses"),
        (_service(ports=[{"target": 5432, "published": 5432}]), "published on all addresses"),
    ],
)
def test_names_what_to_set_right(file: dict[str, Any], words: str) -> None:
    (only,) = find_bad_practice(file)
    assert words in only


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"services": {"db": None}},
        _service(environment={"POSTGRES_PASSWORD": "${POSTGRES_PASSWORD}"}),
        _service(environment={"POSTGRES_PASSWORD": "$POSTGRES_PASSWORD"}),
        _service(environment={"URL": "postgres://shop:${PASSWORD}@db:5432/shop"}),
        _service(environment={"URL": "postgres://db/shop?user=a&password=${PW:?missing}"}),
        _service(environment={"POSTGRES_PASSWORD": "${PW:-}"}),
        _service(environment={"URL": "redis://cache:6379", "AT": "http://a/b:c@d"}),
        _service(environment={"POSTGRES_PASSWORD_FILE": "/run/secrets/db"}),
        _service(environment={"POSTGRES_PASSWORD": None}),
        _service(ports=["127.0.0.1:5432:5432"]),
        _service(ports=[{"target": 5432, "host_ip": "127.0.0.1"}]),
        {"services": {"app": {"image": "shop", "ports": ["8080:8080"]}}},
    ],
)
def test_is_silent_where_nothing_is_wrong(file: dict[str, Any]) -> None:
    assert find_bad_practice(file) == []
