"""Only images that a node lacks, or has in another version, are put into it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.docker import connection
from checker.orchestrators.kind import node_images
from tests.engine_fakes import Client, Programs

HEAD = "REF TYPE DIGEST SIZE PLATFORMS LABELS"
WEB, DATA = "web:1", "docker.io/library/web:1"


class Nodes:
    """What the nodes are fed, and whether they take it."""

    def __init__(self) -> None:
        self.fed: dict[str, str] = {}
        self.fails: Exception | None = None
        self.refuses = ""

    def run(self, argv: list[str], **options: Any) -> SimpleNamespace:
        if self.fails:
            raise self.fails
        self.fed[argv[3]] = " ".join(argv[4:])
        status = 1 if argv[3] == self.refuses else 0
        return SimpleNamespace(returncode=status, stderr="ctr: no space left on device")


@pytest.fixture
def nodes(client: Client, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    """Nodes `a` and `b`, both without images; the engine has web:1 and db:2."""
    client.tags = {"web:1": "sha256:w", "db:2": "sha256:d"}
    monkeypatch.setattr(connection, "open_client", lambda timeout=60: client)
    monkeypatch.setattr(connection, "cli_environment", lambda: {"DOCKER_HOST": "unix:///fake"})
    real = programs.run

    def run(argv: list[str], **options: Any) -> Any:
        if argv[:2] == ["docker", "save"]:
            Path(argv[3]).write_text("archive")
        return real(argv, **options)

    monkeypatch.setattr(process, "run", run)
    fake = Nodes()
    monkeypatch.setattr(subprocess, "run", fake.run)
    return fake


def holds(programs: Programs, node: str, *rows: str) -> None:
    """Let a node list those images, each with its labels."""
    listed = "\n".join([HEAD, *rows])
    programs.answers[f"docker exec {node} ctr -n k8s.io images ls"] = (0, f"{listed}\n\n")


def row(reference: str, identity: str) -> str:
    return f"{reference} application/x sha256:0 1MB linux/amd64 course.id={identity},x=y"


def saved(programs: Programs) -> list[list[str]]:
    return [call.split()[4:] for call in programs.calls if call.startswith("docker save")]


def test_what_all_nodes_have_is_not_put_there_again(nodes: Nodes, programs: Programs) -> None:
    for node in "ab":
        holds(programs, node, row(DATA, "sha256:w"))
    node_images.load_into_nodes([WEB], ["a", "b"])
    assert nodes.fed == {}
    assert saved(programs) == []


def test_missing_image_is_put_into_every_node_and_marked(nodes: Nodes, programs: Programs) -> None:
    node_images.load_into_nodes([WEB], ["a", "b"])
    assert saved(programs) == [[WEB]]
    assert nodes.fed == dict.fromkeys("ab", "ctr -n k8s.io images import --local --no-unpack -")
    for node in "ab":
        label = f"docker exec {node} ctr -n k8s.io images label {DATA} course.id=sha256:w"
        assert label in programs.calls


def test_only_nodes_that_lack_it_get_it(nodes: Nodes, programs: Programs) -> None:
    holds(programs, "a", row(DATA, "sha256:w"))
    node_images.load_into_nodes([WEB], ["a", "b"])
    assert list(nodes.fed) == ["b"]


@pytest.mark.parametrize(
    "held",
    [row(DATA, "sha256:old"), f"{DATA} x sha256:0 1MB linux/amd64 -", row("x/web:1", "sha256:w")],
    ids=["older", "from elsewhere", "other name"],
)
def test_image_that_is_another_one_is_replaced(nodes: Nodes, programs: Programs, held: str) -> None:
    holds(programs, "a", held)
    node_images.load_into_nodes([WEB], ["a"])
    assert list(nodes.fed) == ["a"]


def test_all_that_is_missing_goes_in_one_archive(nodes: Nodes, programs: Programs) -> None:
    holds(programs, "a", row(DATA, "sha256:w"))
    node_images.load_into_nodes([WEB, "db:2"], ["a", "b"])
    assert saved(programs) == [["db:2", "web:1"]]
    labels = [call.split() for call in programs.calls if " label " in call]
    assert sorted((words[2], words[-2].rpartition("/")[2]) for words in labels) == [
        ("a", "db:2"), ("b", "db:2"), ("b", "web:1"),
    ]  # fmt: skip


def test_nothing_wanted_or_no_nodes_is_nothing_to_do(nodes: Nodes, programs: Programs) -> None:
    node_images.load_into_nodes([], ["a"])
    node_images.load_into_nodes([WEB], [])
    assert (saved(programs), nodes.fed) == ([], {})


def test_what_is_loaded_is_told(nodes: Nodes, capsys: pytest.CaptureFixture[str]) -> None:
    node_images.load_into_nodes([WEB], ["a"])
    assert "Loading web:1 into the cluster" in capsys.readouterr().err


def test_image_that_the_engine_lacks_is_told(nodes: Nodes, client: Client) -> None:
    with pytest.raises(CouldNotFindOut, match="engine lacks an image"):
        node_images.load_into_nodes(["none:1"], ["a"])
    assert client.closed


def test_node_that_does_not_take_it_is_named(nodes: Nodes, programs: Programs) -> None:
    nodes.refuses = "b"
    with pytest.raises(CouldNotFindOut, match="b does not take") as told:
        node_images.load_into_nodes([WEB], ["a", "b"])
    assert "no space left" in told.value.found
    assert not any("exec b" in call and " label " in call for call in programs.calls)


@pytest.mark.parametrize(
    "error", [subprocess.TimeoutExpired(["docker"], 300), FileNotFoundError(2, "no docker")]
)
def test_node_that_hangs_or_cannot_be_reached_is_told(nodes: Nodes, error: Exception) -> None:
    nodes.fails = error
    with pytest.raises(CouldNotFindOut, match="a does not take"):
        node_images.load_into_nodes([WEB], ["a"])


def test_archive_is_not_left(nodes: Nodes) -> None:
    nodes.refuses = "a"
    with pytest.raises(CouldNotFindOut):
        node_images.load_into_nodes([WEB], ["a"])
    assert list(paths.cache().rglob("*.tar")) == []
