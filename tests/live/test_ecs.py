"""The ECS emulator: there when it is needed, heals, and lets nothing leave the machine."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checker.base import paths, process
from checker.docker import connection, docker_engine
from checker.images import provider
from checker.orchestrators.ecs import aws_api, aws_settings, emulator_process, local_ecs
from checker.orchestrators.ecs.emulator import labels
from checker.orchestrators.registry import shell_environment

pytestmark = pytest.mark.live

IMAGE = "nginx:1.26"
LONG = 60.0


@pytest.fixture(scope="module", autouse=True)
def images() -> Iterator[None]:
    docker_engine.ensure_engine()
    provider.ensure_images([IMAGE])
    yield
    local_ecs.stop_emulator()


@pytest.fixture
def emulator() -> Iterator[None]:
    local_ecs.ensure_emulator()
    local_ecs.empty_emulator()
    yield
    local_ecs.empty_emulator()


def until(true: Callable[[], bool], seconds: float = LONG) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it does not become so"
        time.sleep(0.2)


def serve(count: int) -> None:
    aws_api.call_service(aws_api.ECS, "CreateCluster", clusterName="demo")
    container = {
        "name": "web",
        "image": IMAGE,
        "memory": 64,
        "portMappings": [{"containerPort": 80, "hostPort": 0}],
    }
    given = {"family": "web", "containerDefinitions": [container]}
    aws_api.call_service(aws_api.ECS, "RegisterTaskDefinition", **given)
    aws_api.call_service(
        aws_api.ECS,
        "CreateService",
        cluster="demo",
        serviceName="web",
        taskDefinition="web",
        desiredCount=count,
    )
    until(lambda: len(boxes()) == count and running() == count)


def boxes() -> list[str]:
    with contextlib.closing(connection.open_client()) as client:
        found = client.containers.list(filters={"label": [labels.TASK]})
        return [str(each.id) for each in found]


def running() -> int:
    found = aws_api.call_service(aws_api.ECS, "DescribeServices", cluster="demo", services=["web"])[
        "services"
    ]
    return int(found[0]["runningCount"]) if found else 0


def test_two_who_want_it_at_once_get_one() -> None:
    local_ecs.stop_emulator()
    both = [threading.Thread(target=local_ecs.ensure_emulator) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(LONG)
    assert local_ecs.is_ready()
    assert local_ecs.emulator_status().version


def test_it_listens_on_the_loopback_address_alone(emulator: None) -> None:
    import psutil

    listening = {
        each.laddr.ip
        for each in psutil.Process(emulator_process.find_pid()).net_connections()
        if each.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_after_a_kill_it_starts_again_and_no_container_is_left(emulator: None) -> None:
    serve(1)
    os.kill(emulator_process.find_pid() or 0, signal.SIGKILL)
    until(lambda: emulator_process.find_pid() is None)
    local_ecs.ensure_emulator()
    until(lambda: not boxes())
    assert aws_api.call_service(aws_api.ECS, "ListClusters")["clusterArns"] == []


@pytest.mark.parametrize("how", ["removed", "killed", "stopped"])
def test_whatever_becomes_of_a_task_the_service_makes_up_for_it(emulator: None, how: str) -> None:
    serve(2)
    before = boxes()
    if how == "stopped":
        name = aws_api.call_service(aws_api.ECS, "ListTasks", cluster="demo")["taskArns"][0]
        aws_api.call_service(aws_api.ECS, "StopTask", cluster="demo", task=name)
    else:
        words = ["docker", "kill"] if how == "killed" else ["docker", "rm", "--force"]
        process.run([*words, before[0]], timeout=LONG, env=shell_environment())
    until(lambda: len(boxes()) == 2 and set(boxes()) != set(before) and running() == 2)


def test_a_taken_port_is_passed_by() -> None:
    local_ecs.stop_emulator()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", aws_settings.FIRST_PORT))
        other.listen()
        local_ecs.ensure_emulator()
        assert aws_settings.chosen_port() != aws_settings.FIRST_PORT
        assert local_ecs.is_ready()
        local_ecs.stop_emulator()


def test_state_is_kept_by_choice_and_a_half_written_file_does_no_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COURSE_ECS_STATE", "keep")
    local_ecs.stop_emulator()
    local_ecs.ensure_emulator()
    aws_api.call_service(aws_api.ECS, "CreateCluster", clusterName="kept")
    local_ecs.stop_emulator()
    local_ecs.ensure_emulator()
    assert len(aws_api.call_service(aws_api.ECS, "ListClusters")["clusterArns"]) == 1
    local_ecs.stop_emulator()
    file = emulator_process.state_folder() / "ecs.json"
    file.write_text(file.read_text()[:40])
    local_ecs.ensure_emulator()
    assert aws_api.call_service(aws_api.ECS, "ListClusters")["clusterArns"] == []
    monkeypatch.delenv("COURSE_ECS_STATE")
    local_ecs.stop_emulator()
    assert not emulator_process.state_folder().exists()


def test_no_request_leaves_the_machine_even_with_a_profile_of_the_learners(
    emulator: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The learner's profile, endpoint and proxy lead to a listener, which must hear nothing."""
    with socket.socket() as real:
        real.bind(("127.0.0.1", 0))
        real.listen()
        real.settimeout(0.5)
        elsewhere = f"http://127.0.0.1:{real.getsockname()[1]}"
        home = tmp_path / ".aws"
        home.mkdir()
        profile = f"region = eu-west-1\nendpoint_url = {elsewhere}\n"
        (home / "config").write_text(f"[default]\n{profile}[profile work]\n{profile}")
        keys = "aws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real\n"
        (home / "credentials").write_text(f"[default]\n{keys}[work]\n{keys}")
        for name, value in {
            "HOME": str(tmp_path),
            "AWS_PROFILE": "work",
            "AWS_ENDPOINT_URL": elsewhere,
            "AWS_ENDPOINT_URL_ECS": elsewhere,
            "AWS_SESSION_TOKEN": "real",
            "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
            "HTTP_PROXY": elsewhere,
            "HTTPS_PROXY": elsewhere,
        }.items():
            monkeypatch.setenv(name, value)
        env = shell_environment()
        account = ["aws", "sts", "get-caller-identity", "--query", "Account", "--output", "text"]
        assert process.run(account, timeout=LONG, env=env).output == "000000000000\n"
        script = "import boto3; print(boto3.client('ecs').list_clusters()['clusterArns'])"
        python = process.run([sys.executable, "-c", script], timeout=LONG, env=env)
        assert python.output == "[]\n"
        with pytest.raises(TimeoutError):
            real.accept()


def test_all_calls_succeed_where_no_network_leads_out() -> None:
    """In a network namespace whose only interface is the loopback; Docker's socket is a file."""
    local_ecs.stop_emulator()
    script = (
        "from checker.base import process\n"
        "from checker.orchestrators.ecs import local_ecs\n"
        "from checker.orchestrators.registry import shell_environment\n"
        "local_ecs.ensure_emulator()\n"
        "for words in (['ecs', 'list-clusters'], ['elbv2', 'describe-load-balancers'],"
        " ['sts', 'get-caller-identity'], ['logs', 'describe-log-groups'],"
        " ['application-autoscaling', 'describe-scalable-targets', '--service-namespace',"
        " 'ecs']):\n"
        "    process.run(['aws', *words], timeout=60, env=shell_environment())\n"
        "local_ecs.stop_emulator()\n"
        "print('all answered')\n"
    )
    up = f'ip link set lo up && exec "{sys.executable}" -c "$0"'
    env = {**os.environ, "PYTHONPATH": str(paths.root())}
    rights = [] if os.getuid() == 0 else ["--map-root-user", "--user"]
    words = ["unshare", *rights, "--net", "sh", "-c", up, script]
    done = process.run(words, timeout=300, env=env)
    assert done.output.endswith("all answered\n")
