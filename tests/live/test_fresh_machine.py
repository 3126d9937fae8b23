"""A bare Debian, as a privileged container: from nothing to a running engine, and back to nothing.

The machine has Python, git and certificates, nothing else; the caches are on a volume, because
an overlay file system cannot lie on another one.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.docker import apt
from checker.orchestrators.registry import shell_environment

pytestmark = [pytest.mark.live, pytest.mark.fresh, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
CACHE = "/root/.cache/from-docker-to-kubernetes"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
PACKAGES = "python3,git,ca-certificates"
INIT = "while :; do sleep 60 & wait $!; done"
ENSURE = (
    "PYTHONPATH=. .venv/bin/python -c "
    "'from checker.docker import docker_engine; docker_engine.ensure_engine()' 2>&1"
)
ENGINES = "ps -eo stat=,comm= | grep -v ^Z | grep -cE ' (dockerd|containerd)'"


def engine(*words: str, input: bytes | None = None, timeout: float = 300) -> str:
    """Run docker against the engine in which the bare machine is a container."""
    done = subprocess.run(
        ["docker", *words],
        env=shell_environment(),
        input=input,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


class Machine:
    """A bare machine, in which commands are typed in the checkout."""

    def __init__(self, name: str) -> None:
        self.name = name

    def type(self, command: str, timeout: float = 300) -> tuple[int, str]:
        """Exit status and all output of a command."""
        done = self.begin(command)
        output, _ = done.communicate(timeout=timeout)
        return done.returncode, output

    def begin(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["docker", "exec", "-w", "/course", self.name, "bash", "-c", command],
            env=shell_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def must(self, command: str, timeout: float = 300) -> str:
        status, output = self.type(command, timeout)
        assert status == 0, f"{command} ended with {status}:\n{output}"
        return output

    def wait_until(self, command: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while self.type(command)[0] != 0:
            assert time.monotonic() < deadline, f"never became true: {command}"
            time.sleep(0.1)


def bare_image(release: str) -> str:
    """An image with the least packages, from the mirror of this machine's apt; made once."""
    name = f"course-fresh:{release}"
    if engine("image", "ls", "--quiet", name):
        return name
    mirror = apt.list_sources(release).split("] ")[-1].split()[0]
    make = f"mmdebstrap --variant=minbase --include={PACKAGES} {release} - {mirror}"
    install = "apt-get update -qq && apt-get install -qq -y mmdebstrap >/dev/null"
    script = f"({install}) >&2 && {make}"
    build = f"docker run --rm --privileged debian:trixie-slim sh -c '{script}' | docker import"
    label = "--change 'LABEL course.owner=fresh'"
    subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{build} {label} - {name}"],
        env=shell_environment(),
        check=True,
        timeout=400,
    )
    return name


@pytest.fixture(params=["bookworm", "trixie"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    image, name = bare_image(request.param), f"course-fresh-{request.param}-{os.getpid()}"
    bundle = os.environ.get("SSL_CERT_FILE", CERTIFICATES)
    trust = ["-v", f"{bundle}:{CERTIFICATES}:ro", "-e", f"PIP_CERT={CERTIFICATES}"]
    run = ["run", "-d", "--privileged", "--name", name, "-v", f"{name}:/root/.cache", *trust]
    engine(*run, image, "bash", "-c", INIT)
    try:
        engine("cp", "-", f"{name}:/", input=checkout())
        yield Machine(name)
    finally:
        engine("rm", "-f", "-v", name)
        engine("volume", "rm", "-f", name)


def checkout() -> bytes:
    """The files of this checkout as they are now, as an archive of the folder /course."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout
    pack = ["tar", "-c", "--transform=s,^,course/,", "--ignore-failed-read", "--null", "-T", "-"]
    return subprocess.run(
        pack, cwd=ROOT, input=names, capture_output=True, check=True, timeout=60
    ).stdout


def test_bare_machine_becomes_ready_and_is_left_clean(machine: Machine) -> None:
    two_at_once_make_one_environment(machine)
    a_killed_installer_leaves_nothing_half_done(machine)
    two_at_once_install_one_engine(machine)
    containers_run_and_reach_out(machine)
    a_killed_engine_comes_back(machine)
    down_stops_and_purge_removes(machine)


def two_at_once_make_one_environment(machine: Machine) -> None:
    both = [machine.begin("./course doctor 2>&1") for _ in range(2)]
    said = [each.communicate(timeout=300)[0] for each in both]
    assert [each.returncode for each in both] == [1, 1], said
    assert sum("waiting for it" in each for each in said) == 1
    assert sum("installing its Python packages" in each for each in said) == 1
    assert all("No Docker Engine answers" in each for each in said)
    assert all("Type: ./course up" in each for each in said)
    assert machine.must("ls -d .venv-* | wc -l") == "1\n"


def a_killed_installer_leaves_nothing_half_done(machine: Machine) -> None:
    installing = machine.begin(ENSURE)
    machine.wait_until(f"test -d {CACHE}/engines/docker-client.new/usr", 120)
    machine.must("kill -9 $(ps -eo pid=,args= | awk '/ensure[(]/ && !/awk|bash/ {print $1}')")
    installing.communicate(timeout=60)
    assert machine.type(f"test -e {CACHE}/engines/docker-client")[0] == 1


def two_at_once_install_one_engine(machine: Machine) -> None:
    both = [machine.begin(ENSURE) for _ in range(2)]
    said = [each.communicate(timeout=300)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert sum("waiting for it" in each for each in said) == 1
    assert machine.must("ps -eo comm= | grep -c ^dockerd") == "1\n"


def containers_run_and_reach_out(machine: Machine) -> None:
    folders = "usr/bin usr/lib64 usr/lib/x86_64-linux-gnu bin lib lib64"
    in_course(machine, f"tar -C / -c {folders} | docker import - box")
    hello = in_course(machine, "docker run --rm --init box sh -c 'echo hello'")
    assert hello == "hello\n"
    assert in_course(machine, "docker compose version --short").startswith("2.")
    printed = in_course(machine, "docker run -d --name kept --restart=always box sleep 999")
    assert len(printed.strip()) == 64


def a_killed_engine_comes_back(machine: Machine) -> None:
    machine.must("kill -9 $(cat /run/course-docker-*/docker.pid)")
    machine.wait_until("! kill -0 $(cat /run/course-docker-*/docker.pid)", 10)
    machine.must(ENSURE)
    assert in_course(machine, "docker ps --format '{{.Names}}'") == "kept\n"
    in_course(machine, "docker rm -f kept")


def down_stops_and_purge_removes(machine: Machine) -> None:
    machine.must("./course down")
    assert machine.type(ENGINES)[1] == "0\n"
    machine.must(ENSURE, timeout=30)
    machine.must("./course down --purge")
    assert machine.type(ENGINES)[1] == "0\n"
    assert machine.must(f"ls -A {CACHE} 2>/dev/null || true") == ""
    assert machine.must("ls -d /run/course-* /tmp/course-* 2>/dev/null || true") == ""
    assert machine.type("grep -E 'docker|overlay2' /proc/mounts | grep -v ' / '")[1] == ""


def in_course(machine: Machine, command: str) -> str:
    """A command in the environment of a course shell."""
    python = "from checker.orchestrators.registry import shell_environment; import os, sys"
    start = "os.execvpe('bash', ['bash', '-c', sys.argv[1]], shell_environment())"
    quoted = command.replace("'", "'\\''")
    return machine.must(f"PYTHONPATH=. .venv/bin/python -c \"{python}; {start}\" '{quoted}'")
