"""Pages proven on a real engine: what they show is what happens, and nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import paths
from checker.docker import docker_engine
from checker.images import provider
from checker.orchestrators.registry import shell_environment
from checker.pages.reporting.results import PageResult
from checker.pages.verify import verify_page

pytestmark = [pytest.mark.live, pytest.mark.docker]

PAGE = """\
---
title: A page
engine: docker
---

``` console { #run }
$ docker run -d --name page-box busybox sleep 600
<box:hex>
$ docker ps --quiet --no-trunc --filter name=page-box
<box>
```

``` console { #conflict exit="125" }
$ docker run --name page-box busybox
docker: Error response from daemon: Conflict.[..]<box>[..]
...
```

``` console { #talk tty="/ # " }
$ docker run -it --rm --name page-talk busybox
...
/ # echo $((6 * 7))
42
/ # test -t 0 && echo a terminal
a terminal
/ # exit
```

``` dockerfile { title="Dockerfile" }
FROM busybox
RUN echo built > /built
```

``` console { #build }
$ docker build --quiet -t page-image .
sha256:[..]
$ docker run --rm -v page-volume:/data page-image cat /built
built
```

``` console { #gone until="20s" }
$ docker rm -f page-box
...
$ docker ps --all --quiet --filter name=page-
```
"""


@pytest.fixture(scope="module", autouse=True)
def engine() -> None:
    docker_engine.ensure_engine()
    provider.ensure_images(["busybox:1.37"])


@pytest.fixture
def prove(tmp_path: Path) -> Callable[[str], PageResult]:
    def proven(text: str) -> PageResult:
        path = tmp_path / "page.md"
        path.write_text(text)
        return verify_page(path)

    return proven


def found(*words: str) -> list[str]:
    done = subprocess.run(
        ["docker", *words],
        env=shell_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.split()


def left() -> list[str]:
    """What a page of these tests made and is still there."""
    return [
        *found("ps", "--all", "--filter", "name=page-", "--format", "{{.Names}}"),
        *found("volume", "ls", "--filter", "name=page-", "--format", "{{.Name}}"),
        *found("images", "--format", "{{.Repository}}", "page-image"),
    ]


def test_a_page_passes_and_leaves_nothing(prove: Callable[[str], PageResult]) -> None:
    result = prove(PAGE)
    assert [block.failure for block in result.blocks if block.failure] == []
    assert result.verdict == "passed"
    assert left() == []


def test_a_failed_page_leaves_nothing_either(prove: Callable[[str], PageResult]) -> None:
    result = prove(PAGE.replace("\n42\n", "\n43\n"))
    assert [block.verdict for block in result.blocks][:4] == [
        "passed",
        "passed",
        "failed",
        "not-run",
    ]
    failure = result.blocks[2].failure
    assert failure
    assert failure.difference == ("- 43", "+ 42")
    assert left() == []


def test_a_compose_file_that_compose_refuses_fails(prove: Callable[[str], PageResult]) -> None:
    text = '``` yaml { title="compose.yaml" }\nservices:\n  web:\n    imag: busybox\n```\n\n'
    result = prove(text + "``` console\n$ docker compose up\n...\n```\n")
    failure = result.blocks[0].failure
    assert failure
    assert "imag" in failure.found


def test_a_dockerfile_that_does_not_build_fails(prove: Callable[[str], PageResult]) -> None:
    text = '``` dockerfile { title="Dockerfile" }\nFROM busybox\nRUN false\n```\n\n'
    result = prove(text + "``` console\n$ cat Dockerfile\n...\n```\n")
    assert result.blocks[0].verdict == "failed"


def verify(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "checker", "verify", str(path), "--json"],
        env={**os.environ, "PYTHONPATH": str(paths.root())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(name: str) -> None:
    deadline = time.monotonic() + 60
    while name not in found("ps", "--format", "{{.Names}}"):
        assert time.monotonic() < deadline, f"{name} was never started"
        time.sleep(0.1)


SLOW = "``` console\n$ docker run -d --name page-slow busybox sleep 600\n...\n$ sleep 3\n```\n"


def test_after_a_kill_the_same_command_works_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "slow.md"
    path.write_text(SLOW)
    killed = verify(path)
    wait_for("page-slow")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=30)
    assert left() == ["page-slow"]
    again = verify(path)
    out, _ = again.communicate(timeout=120)
    assert json.loads(out)["verdict"] == "passed"
    assert left() == []


def test_two_at_once_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "slow.md"
    path.write_text(SLOW)
    both = [verify(path), verify(path)]
    outputs = [process.communicate(timeout=180) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Another verify is under way" in errors for _, errors in outputs) == 1
    assert left() == []


def test_an_interrupt_ends_it_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "slow.md"
    path.write_text(SLOW.replace("sleep 3", "sleep 60"))
    process = verify(path)
    wait_for("page-slow")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again" in errors
    assert left() == []


def test_an_engine_that_does_not_answer_is_no_verdict_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    away = {**os.environ, "PYTHONPATH": str(paths.root()), "DOCKER_HOST": "unix:///nowhere.sock"}
    done = subprocess.run(
        [sys.executable, "-m", "checker", "verify", str(path), "--json"],
        env=away,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 3
    assert json.loads(done.stdout)["verdict"] == "could-not-check"
