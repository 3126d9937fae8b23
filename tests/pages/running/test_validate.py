"""Files are validated by what will read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.pages.parsing.fences import parse_page
from checker.pages.running.validate import build_command


def validated(title: str, later: str, content: str = "a: 1", engine: str = "docker") -> str:
    text = f'``` text {{ title="{title}" }}\n{content}\n```\n\n``` console\n$ {later}\n...\n```\n'
    page = parse_page(Path("p.md"), text)
    return build_command(page.blocks[0], page.blocks, engine)


@pytest.mark.parametrize("title", ["compose.yaml", "compose.dev.yml", "docker-compose.yml"])
def test_a_compose_file_is_read_by_compose(title: str) -> None:
    found = validated(title, "docker compose up -d")
    assert found == f"docker compose -f {title} config --quiet"


@pytest.mark.parametrize(
    ("title", "files"),
    [
        ("compose.override.yaml", "-f compose.yaml -f compose.override.yaml"),
        ("compose.prod.yaml", "-f compose.yaml -f compose.prod.yaml"),
        ("compose.prod.yml", "-f compose.prod.yml"),
        ("shop/compose.prod.yaml", "-f shop/compose.prod.yaml"),
    ],
)
def test_a_compose_file_is_read_over_the_one_it_belongs_to(title: str, files: str) -> None:
    blocks = "".join(
        f'``` text {{ title="{name}" }}\na: 1\n```\n\n``` console\n$ cat {name}\n...\n```\n\n'
        for name in ("compose.yaml", title)
    )
    page = parse_page(Path("p.md"), blocks)
    assert build_command(page.blocks[2], page.blocks) == f"docker compose {files} config --quiet"


@pytest.mark.parametrize(
    ("title", "later"),
    [
        ("Dockerfile", "docker build -t x ."),
        ("Dockerfile", "docker compose up --build"),
        ("old.Dockerfile", "docker build -f old.Dockerfile ."),
        ("Dockerfile.old", "docker buildx build --file Dockerfile.old ."),
    ],
)
def test_a_dockerfile_that_is_built_later_needs_no_build_of_its_own(title: str, later: str) -> None:
    assert validated(title, later) == ""


@pytest.mark.parametrize(
    ("title", "later", "folder"),
    [
        ("Dockerfile", "cat Dockerfile", "."),
        ("app/Dockerfile", "cat app/Dockerfile", "app"),
        ("Dockerfile", "docker build -f other.Dockerfile .", "."),
        ("old.Dockerfile", "docker build .", "."),
    ],
)
def test_any_other_dockerfile_is_built(title: str, later: str, folder: str) -> None:
    assert validated(title, later) == f"docker build --quiet --file {title} {folder}"


def test_other_files_need_nothing() -> None:
    assert validated("settings.env", "cat settings.env") == ""


POD = "apiVersion: v1\nkind: Pod"


@pytest.mark.parametrize(("engine", "validates"), [("kind", True), ("docker", False)])
def test_other_files_are_validated_by_the_orchestrators_of_the_page(
    engine: str, validates: bool
) -> None:
    found = validated("pod.yaml", "cat pod.yaml", POD, engine)
    assert found.startswith("kubectl apply --dry-run=server") is validates
    assert bool(found) is validates


def test_a_compose_file_stays_one_where_there_is_a_cluster() -> None:
    found = validated("compose.yaml", "cat compose.yaml", "services: {}", "kind")
    assert found.startswith("docker compose")
