"""A short name of an image is the one whole name of the same image."""

from __future__ import annotations

import pytest

from checker.images.reference import expand_reference, is_same_image

DIGEST = f"sha256:{'4' * 64}"


@pytest.mark.parametrize(
    ("reference", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.26", "docker.io/library/nginx:1.26"),
        ("library/nginx", "docker.io/library/nginx:latest"),
        ("docker.io/nginx:1.26", "docker.io/library/nginx:1.26"),
        ("docker.io/library/nginx:1.26", "docker.io/library/nginx:1.26"),
        ("index.docker.io/library/nginx:1.26", "docker.io/library/nginx:1.26"),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
        (f"nginx:1.26@{DIGEST}", f"docker.io/library/nginx:1.26@{DIGEST}"),
        ("kindest/node:v1", "docker.io/kindest/node:v1"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost/web", "localhost/web:latest"),
        ("localhost:5000/web", "localhost:5000/web:latest"),
        ("localhost:5000/a/web:2", "localhost:5000/a/web:2"),
    ],
)
def test_full_name_is_the_one_that_containerd_uses(reference: str, full: str) -> None:
    assert expand_reference(reference) == full


@pytest.mark.parametrize(
    "found",
    [
        "postgres:17",
        "library/postgres:17",
        "docker.io/postgres:17",
        "docker.io/library/postgres:17",
        f"postgres:17@{DIGEST}",
        f"docker.io/library/postgres:17@{DIGEST}",
    ],
)
def test_every_name_of_an_image_is_the_same_image(found: str) -> None:
    assert is_same_image("postgres:17", found)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("postgres:17", "postgres"),
        ("postgres:17", "postgres:17.1"),
        ("postgres:17", f"postgres@{DIGEST}"),
        ("postgres:17", "localhost:5000/postgres:17"),
        ("postgres:17", "somebody/postgres:17"),
        (f"postgres@{DIGEST}", "postgres:17"),
        (f"postgres@{DIGEST}", f"postgres-other@{DIGEST}"),
        (f"postgres@{DIGEST}", f"postgres@{DIGEST[:-1]}5"),
    ],
)
def test_another_image_is_not_the_same(expected: str, found: str) -> None:
    assert not is_same_image(expected, found)


@pytest.mark.parametrize("found", [f"postgres@{DIGEST}", f"library/postgres:17@{DIGEST}"])
def test_image_by_digest_may_have_a_tag_as_well(found: str) -> None:
    assert is_same_image(f"postgres@{DIGEST}", found)
