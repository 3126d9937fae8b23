"""What is expected of images holds, or fails with what is there and what to do."""

from __future__ import annotations

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.fixture import Docker
from checker.checks.docker.images import DockerImage
from tests.checks.conftest import Engine, image

CONFIG = {
    "Env": ["NODE_ENV=production"],
    "Labels": {"team": "red"},
    "User": "node:node",
    "Cmd": ["node", "server.js"],
    "Entrypoint": ["tini", "--"],
    "WorkingDir": "/app",
    "ExposedPorts": {"3000/tcp": {}},
}


@pytest.fixture
def shop(engine: Engine, docker: Docker) -> DockerImage:
    engine.pictures = {
        "shop:1": image("shop:1", "localhost:5000/shop:1", **CONFIG),
        "plain": image("plain"),
        "base": {"RootFS": {"Layers": ["sha256:l1"]}},
        "other": {"RootFS": {"Layers": ["sha256:x"]}},
    }
    engine.files = {
        "/app/server.js": b"listen",
        "/app/lib/a.js": b"a",
        "/app/link": "server.js",
        "/app/loop": "loop",
        "/etc/passwd": b"root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\nnode:x:1000:1000::/:\n",
    }
    return docker.image("shop:1")


def test_facts_are_those_of_the_engine(shop: DockerImage) -> None:
    assert (shop.id, shop.architecture, shop.size) == ("sha256:shop:1", "amd64", 80_000_000)
    assert shop.tags == ["localhost:5000/shop:1", "shop:1"]
    assert (shop.digests, shop.labels) == ([], {"team": "red"})
    assert shop.env == {"NODE_ENV": "production"}
    assert (shop.user, shop.workdir, shop.exposed) == ("node:node", "/app", [3000])
    assert (shop.cmd, shop.entrypoint) == (["node", "server.js"], ["tini", "--"])
    assert (shop.layers, shop.history) == (["sha256:l1", "sha256:l2"], ["COPY", "CMD"])


def test_what_holds_is_accepted(shop: DockerImage) -> None:
    shop.expect_label("team", "red").expect_env("NODE_ENV", "production").expect_user("node")
    shop.expect_not_root().expect_cmd(["node", "server.js"]).expect_entrypoint(["tini", "--"])
    shop.expect_workdir("/app").expect_exposed(3000).expect_tag("localhost:5000/shop:1")
    shop.expect_smaller_than(81).expect_built_on("base")
    shop.expect_file("/app/server.js").expect_no_file("/app/.env")


@pytest.mark.parametrize(
    ("expect", "expected", "found", "step"),
    [
        (lambda i: i.expect_label("a"), "plain: label a", "it is not set", "LABEL"),
        (lambda i: i.expect_env("A", "2"), "plain: variable A=2", "A=1", "ENV"),
        (lambda i: i.expect_user("node"), "containers of plain run as node", "run as root", "USER"),
        (lambda i: i.expect_not_root(), "do not run as root", "they run as root", "USER"),
        (lambda i: i.expect_cmd(["x"]), "CMD ['x'] in plain", "['sh']", "CMD"),
        (lambda i: i.expect_entrypoint(["x"]), "ENTRYPOINT ['x']", "[]", "ENTRYPOINT"),
        (lambda i: i.expect_workdir("/app"), "WORKDIR /app", "/", "WORKDIR"),
        (lambda i: i.expect_exposed(80), "plain says EXPOSE 80", "exposes no port", "EXPOSE 80"),
        (lambda i: i.expect_tag("x:1"), "plain also named x:1", "plain", "docker tag plain x:1"),
        (lambda i: i.expect_smaller_than(80), "smaller than 80 MB", "80 MB", "docker history"),
        (lambda i: i.expect_built_on("other"), "built on other", "lowest layers", "FROM"),
        (lambda i: i.expect_file("/x"), "/x in plain", "no such file", "COPY"),
        (lambda i: i.expect_no_file("/app/link"), "no /app/link", "it is there", ".dockerignore"),
    ],
)
def test_what_does_not_hold_is_told(shop, docker: Docker, expect, expected, found, step) -> None:
    with pytest.raises(CheckFailed) as caught:
        expect(docker.image("plain"))
    assert expected in caught.value.expected
    assert found in caught.value.found
    assert step in caught.value.next_step


@pytest.mark.parametrize(
    ("user", "found"),
    [("toor:node", "they run as root; toor is another name of it"), ("0:0", "they run as root")],
)
def test_root_is_user_0_under_any_name(shop, engine, docker: Docker, user, found) -> None:
    engine.pictures["shop:2"] = image("shop:2", User=user)
    with pytest.raises(CheckFailed) as caught:
        docker.image("shop:2").expect_not_root()
    assert caught.value.found == found


@pytest.mark.parametrize("user", ["node", "1000", "65532:0", "nobody-knows"])
def test_another_user_is_not_root(shop, engine, docker: Docker, user) -> None:
    engine.pictures["shop:2"] = image("shop:2", User=user)
    docker.image("shop:2").expect_not_root()


def test_files_of_one_name_are_read_at_once(shop: DockerImage) -> None:
    assert shop.read_all("/app", "a.js") == {"/app/lib/a.js": b"a"}
    assert shop.read_all("/app", "link") == {}


def test_files_are_read_without_running_anything(shop: DockerImage, engine: Engine) -> None:
    assert shop.read("/app/server.js") == b"listen"
    assert shop.read("/app/link") == b"listen"
    shop.file("/app/server.js").expect_text("listen")
    assert shop.files("/app") == [
        *("/app/lib/a.js", "/app/link", "/app/loop", "/app/server.js"),
    ]
    assert engine.made == ["sha256:shop:1"] * len(engine.made)
    assert engine.gone == ["made-of-sha256:shop:1"] * len(engine.made)


def test_file_that_is_missing_is_told_with_near_names(shop: DockerImage) -> None:
    with pytest.raises(CheckFailed) as caught:
        shop.read("/app/Server.js")
    assert caught.value.found == "no such file, but server.js"
    assert caught.value.next_step == "List what is there: the folder /app."
    with pytest.raises(CheckFailed) as caught:
        shop.read("/nowhere/file")
    assert caught.value.found == "no such file"
    with pytest.raises(CheckFailed):
        shop.read("/file")
    with pytest.raises(CheckFailed):
        shop.files("/nowhere")


def test_folder_and_endless_link_are_no_files(shop: DockerImage) -> None:
    for path, found in (("/app", "a folder of that name"), ("/app/loop", "no ordinary file")):
        with pytest.raises(CheckFailed, match=found):
            shop.read(path)


def test_huge_file_is_not_read(shop: DockerImage, monkeypatch) -> None:
    monkeypatch.setattr("checker.checks.docker.archive.LARGEST", 3)
    with pytest.raises(CheckFailed, match="a small file /app/server"):
        shop.read("/app/server.js")
