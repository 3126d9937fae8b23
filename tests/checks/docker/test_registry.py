"""A registry is read as Docker would pull from it: indexes, layers, what upper layers remove."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from checker.checks import CheckFailed
from checker.checks.docker import registry
from checker.checks.docker.registry import INDEXES, MANIFESTS, Registry
from checker.checks.docker.secrets import Secret
from tests.checks.docker.test_secrets import pack

LAYERS = {
    "sha256:low": pack({"www/index.html": b"old", "www/more.html": b"more", "etc/x": b"x"}, "w:gz"),
    "sha256:high": pack(
        {"./www/index.html": b"new", "www/.wh.more.html": b"", "etc/.wh..wh..opq": b""}
    ),
}
MANIFEST = {
    "mediaType": MANIFESTS[0],
    "config": {"digest": "sha256:config"},
    "layers": [{"digest": digest} for digest in LAYERS],
}
INDEX = {
    "mediaType": INDEXES[0],
    "manifests": [
        {"digest": "sha256:about", "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": "sha256:here", "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": "sha256:there", "platform": {"os": "linux", "architecture": "arm64"}},
    ],
}
ANSWERS: dict[str, Any] = {
    "menu/tags/list": {"tags": ["2", "1"]},
    "menu/manifests/1": MANIFEST,
    "menu/manifests/2": INDEX,
    "menu/manifests/sha256:here": MANIFEST,
    "menu/manifests/sha256:there": MANIFEST,
    "menu/blobs/sha256:config": {"config": {"Env": ["KEY=tiger-7041"]}},
}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Registry:
    def get(url: str, **options: Any) -> httpx.Response:
        path = url.partition("/v2/")[2]
        blob = LAYERS.get(path.rpartition("/")[2])
        content = blob or json.dumps(ANSWERS.get(path, {})).encode()
        status = 200 if blob or path in ANSWERS else 404
        headers = {"Docker-Content-Digest": f"digest of {path}"}
        return httpx.Response(status, content=content, headers=headers)

    monkeypatch.setattr(registry.httpx, "get", get)
    return Registry("127.0.0.1:5002")


@pytest.mark.parametrize("tag", ["1", "2"])
def test_files_are_those_of_the_upper_layers(shop: Registry, tag: str) -> None:
    found = shop.image("menu", tag)
    assert found.digest == f"digest of menu/manifests/{tag}"
    assert found.read("/www/index.html") == b"new"
    assert (found.read("/www/more.html"), found.read("/etc/x")) == (None, None)
    assert found.read("/nowhere") is None


def test_a_secret_in_any_layer_is_found(shop: Registry) -> None:
    found = shop.image("menu", "1")
    assert found.find_secret(Secret("tiger-7041")) == ["its settings or its history"]
    assert found.find_secret(Secret("more")) == ["/www/more.html"]
    assert found.find_secret(Secret("elephant")) == []


@pytest.mark.parametrize(
    ("reference", "expected", "found", "step"),
    [
        (
            "3",
            "menu:3 in the registry",
            "its tags of menu: 1 and 2",
            "docker push 127.0.0.1:5002/menu:3",
        ),
        ("sha256:ab", "menu@sha256:ab", "no such digest", "docker pull"),
    ],
)
def test_what_is_missing_is_told(
    shop: Registry, reference: str, expected: str, found: str, step: str
) -> None:
    with pytest.raises(CheckFailed) as failed:
        shop.image("menu", reference)
    assert expected in failed.value.expected
    assert found in failed.value.found
    assert step in failed.value.next_step
    assert shop.list_tags("other") == []


def test_no_registry_is_told() -> None:
    with pytest.raises(CheckFailed, match="no answer"):
        Registry("127.0.0.1:1").list_tags("menu")
