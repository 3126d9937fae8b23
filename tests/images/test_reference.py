"""A short name of an image is the one whole name of the same image."""

from __future__ import annotations

import pytest

from checker.images.reference import expand_reference


@pytest.mark.parametrize(
    ("reference", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.26", "docker.io/library/nginx:1.26"),
        ("kindest/node:v1", "docker.io/kindest/node:v1"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost/web", "localhost/web:latest"),
        ("localhost:5000/web", "localhost:5000/web:latest"),
        ("localhost:5000/a/web:2", "localhost:5000/a/web:2"),
    ],
)
def test_full_name_is_the_one_that_containerd_uses(reference: str, full: str) -> None:
    assert expand_reference(reference) == full
