"""A secret is found by its value, in each form in which it is kept; nothing else is."""

from __future__ import annotations

import base64
import io
import tarfile
from pathlib import Path
from urllib.parse import quote

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.fixture import Docker
from checker.checks.docker.secrets import Secret
from tests.checks.conftest import Engine, container, image

VALUE = "pass/word?71"


def pack(files: dict[str, bytes], mode: str = "w") -> bytes:
    """A tar archive of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"x{VALUE}y",
        quote(VALUE, safe=""),
        *(base64.b64encode(f"{before}{VALUE}!".encode()).decode() for before in ("", "a", "ab")),
        base64.urlsafe_b64encode(f"ana:{VALUE}".encode()).decode(),
    ],
)
def test_each_form_is_found(text: str) -> None:
    assert Secret(VALUE).is_in(text)


@pytest.mark.parametrize(
    "text", ["", "pass", "word?71", base64.b64encode(b"pass-word-72").decode()]
)
def test_nothing_else_is_found(text: str) -> None:
    assert not Secret(VALUE).is_in(text)


def test_files_are_found_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/.hidden").write_text(f"password={VALUE}")
    (tmp_path / "b").write_text("nothing")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert Secret(VALUE).find_in_folder(tmp_path) == ["a/.hidden"]


def test_settings_of_a_container(engine: Engine, docker: Docker) -> None:
    config = {"Env": [f"URL=//ana:{VALUE}@db"], "Labels": {"note": VALUE}}
    engine.there = [container("web", Config=config, Args=["-c", f"login {VALUE}"]), container("x")]
    secret = Secret(VALUE)
    assert secret.find_in_container(docker.container("web")) == [
        "variable URL of web",
        "label note of web",
        "the command of web",
    ]
    assert secret.find_in_container(docker.container("x")) == []


class Saving(Engine):
    """An engine that has one image, packed or not."""

    def __init__(self, layer: bytes, **config: object) -> None:
        super().__init__()
        self.pictures = {"shop": image("shop", **config)}
        self.saved = pack({"blobs/one": layer, "blobs/two": b'{"config": {}}'})

    def get_image(self, identity: str):
        return iter([self.saved[at : at + 700] for at in range(0, len(self.saved), 700)])


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_layers_of_an_image(mode: str) -> None:
    layer = pack({"app/.env": f"KEY={VALUE}".encode(), "app/a.js": b"a"}, mode)
    docker = Docker(Saving(layer, Env=[f"KEY={VALUE}"]))  # type: ignore[arg-type]
    with pytest.raises(CheckFailed) as failed:
        docker.image("shop").expect_no_secret(VALUE)
    assert failed.value.found == "variable KEY and /app/.env"


def test_an_image_without_it_is_accepted() -> None:
    docker = Docker(Saving(pack({"app/a.js": b"a"})))  # type: ignore[arg-type]
    docker.image("shop").expect_no_secret(VALUE)
