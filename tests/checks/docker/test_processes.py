"""A first process is asked as whom it runs, and for how long: settings may say something else."""

from __future__ import annotations

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.fixture import Docker
from tests.checks.conftest import Engine, container

PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n"


def status_of(user: int) -> dict[str, bytes]:
    return {"cat /proc/1/status": f"Name:\tsleep\nUid:\t0\t{user}\t0\t0\n".encode()}


@pytest.mark.parametrize("user", ["node", "1000"])
def test_user_is_that_of_the_process(engine: Engine, docker: Docker, user: str) -> None:
    # started as root, and changed by its entry point, as many images do
    engine.there = [container("web", Config={"User": ""})]
    engine.files = {"/etc/passwd": PASSWD}
    engine.outputs = status_of(1000)
    docker.container("web").expect_user(user).expect_not_root()


def test_process_of_root_is_told_whatever_was_configured(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", Config={"User": "node"})]
    engine.files = {"/etc/passwd": PASSWD}
    engine.outputs = status_of(0)
    for expect in (
        lambda web: web.expect_user("node"),
        lambda web: web.expect_not_root(),
    ):
        with pytest.raises(CheckFailed) as caught:
            expect(docker.container("web"))
        assert caught.value.found == "it runs as root"


def test_unknown_user_is_told(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", Config={"User": ""})]
    engine.outputs = status_of(33)
    with pytest.raises(CheckFailed) as caught:
        docker.container("web").expect_user("node")
    assert (caught.value.expected, caught.value.found) == ("web runs as node", "it runs as user 33")


def test_image_without_programs_is_asked_from_outside(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web")]
    engine.processes = [["4711", "1000"], ["4712", "0"]]
    assert docker.container("web").user_id == 1000


def test_run_that_is_old_enough_is_not_waited_for(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", State={"StartedAt": "2026-01-01T00:00:30.5Z"})]
    docker.container("web").expect_running(lasting=25)


def test_run_is_waited_for(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", State={"StartedAt": "2026-01-01T00:01:00.1Z"})]
    docker.container("web").expect_running(lasting=0.3)


def test_program_that_ends_does_not_last(engine: Engine, docker: Docker) -> None:
    young = {"StartedAt": "2026-01-01T00:01:00Z"}
    engine.there = [container("web", State=young)]
    web = docker.container("web")
    ended = {**young, "Status": "exited", "ExitCode": 0}
    engine.there = [container("web", State=ended)]
    with pytest.raises(CheckFailed) as caught:
        web.expect_running(lasting=5)
    assert caught.value.expected == "web keeps running"
    assert caught.value.found == "it is stopped; it ended with status 0"
    assert "docker logs web" in caught.value.next_step


def test_program_that_is_restarted_again_and_again_does_not_last(engine, docker) -> None:
    engine.there = [container("web", RestartCount=3, State={"StartedAt": "2026-01-01T00:00:55Z"})]
    web = docker.container("web")
    engine.there = [container("web", RestartCount=4, State={"StartedAt": "2026-01-01T00:01:00Z"})]
    with pytest.raises(CheckFailed) as caught:
        web.expect_running(lasting=2)
    assert caught.value.found == "its program ended, and was started again 4 times"


def test_program_that_is_between_two_starts_gets_the_same_message(engine, docker) -> None:
    engine.there = [container("web", RestartCount=1, State={"Status": "restarting"})]
    with pytest.raises(CheckFailed) as caught:
        docker.container("web").expect_running(lasting=2)
    assert caught.value.expected == "web keeps running"
    assert caught.value.found == "its program ended, and was started again once"


def test_container_that_is_removed_meanwhile_does_not_last(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", State={"StartedAt": "2026-01-01T00:01:00Z"})]
    web = docker.container("web")
    engine.there = []
    with pytest.raises(CheckFailed, match="it was removed"):
        web.expect_running(lasting=5)


def test_file_that_is_only_in_memory_is_read_from_inside(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web")]
    engine.outputs = {"cat /run/side": b"left\n", "test -e /run/side": b""}
    web = docker.container("web")
    assert web.has_file("/run/side")
    web.file("/run/side").expect_text("left")
    assert not web.has_file("/run/other")
    with pytest.raises(CheckFailed, match="no such file"):
        web.file("/run/other")
