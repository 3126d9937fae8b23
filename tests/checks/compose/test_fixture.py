"""Compose files are read without harm, understood by Compose, and started beside all else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed, Completed
from checker.checks import CheckFailed
from checker.checks.compose import compose_project
from checker.checks.compose.compose_project import ComposeProject
from checker.checks.compose.fixture import Compose, ComposeFile, list_conditions
from checker.checks.compose.service import ComposeService
from checker.checks.docker import temporary
from checker.checks.files.fixture import Workspace

SERVICES = {
    "app": {
        "build": {"context": "/", "tags": ["shop:1"]},
        "image": "shop:1",
        "container_name": "shop",
        "depends_on": {"db": {"condition": "service_healthy"}},
        "ports": [{"target": 3000, "published": "8080", "host_ip": "127.0.0.1"}],
    },
    "db": {"image": "postgres:17"},
}
CONFIG: dict[str, Any] = {
    "name": "mine",
    "services": SERVICES,
    "networks": {"default": {"name": "mine_default"}},
    "volumes": {"orders": {"name": "mine_orders"}, "bare": None},
}
Answer = Callable[[list[str]], tuple[int, str, str]]


class Ran:
    """What was run, and what it answers by the words of the command."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.answers: dict[str, tuple[int, str, str]] = {}
        self.written: dict[str, Any] = {}

    def __call__(self, argv: Sequence[str], cwd: Path | None = None, **options: Any) -> Completed:
        assert options["timeout"] > 0
        words = [str(word) for word in argv]
        self.calls.append(words)
        if cwd and (cwd / "compose.json").exists():
            self.written = json.loads((cwd / "compose.json").read_text())
        for key, answer in self.answers.items():
            if key in words:
                return Completed(tuple(words), *answer, seconds=0.1)
        return Completed(tuple(words), 0, "", "", 0.1)


@pytest.fixture
def ran(monkeypatch) -> Ran:
    made = Ran()
    monkeypatch.setattr(process, "run", made)
    monkeypatch.setattr("checker.docker.connection.cli_environment", lambda: {"PATH": "/bin"})
    return made


@pytest.fixture
def write(engine, tmp_path: Path) -> Callable[[str], Compose]:
    def _write(text: str) -> Compose:
        (tmp_path / "compose.yaml").write_text(text)
        return Compose(engine, Workspace(tmp_path))

    return _write


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (bomb(), "aliases that multiply"),
        ("a: &a [*a]", "brackets in brackets"),
        ("a: " + "[" * 5000, "brackets in brackets"),
        ("#" * 300_000, "less than 256 KB"),
        ("services: [\n", "expected YAML"),
        ("services:\n\tapp: 1\n", "no tabs"),
        ("- app\n", "keys such as `services:`"),
        ("include: https://example.com/a.git\n", "a path in your folder after `include:`"),
        ("include:\n  - path: oci://example.com/a\n", "after `include:`"),
        ("include: [$WHERE]\n", "after `include:`"),
        ("services: {a: {extends: {file: git@example.com:a/b}}}", "after `extends:`"),
        ("services: {a: {build: https://example.com/a.git}}", "after `build:`"),
        ("services: {a: {build: {context: github.com/a/b}}}", "after `build:`"),
        ("include: ../outside.yaml\n", "outside"),
        ("include: [other.yaml]\n", "other.yaml"),
    ],
)
def test_harmful_or_broken_file_is_refused_before_compose_sees_it(write, ran, text, words) -> None:
    with pytest.raises(CheckFailed, match=r"(?s).*") as failed:
        write(text).file()
    assert words in str(failed.value)
    assert ran.calls == []


def test_file_that_takes_in_too_many_is_refused(write, ran, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.yaml").write_text(f"include: {number + 1}.yaml\n")
    with pytest.raises(CheckFailed, match="no more than 20 files"):
        write("include: 0.yaml\n").file()
    assert ran.calls == []


def test_files_that_include_each_other_are_left_to_compose(write, ran, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("include: [compose.yaml]\n")
    ran.answers["config"] = (1, "", "include cycle detected:\n")
    with pytest.raises(CheckFailed, match="include cycle detected"):
        write(
            "include: [b.yaml]\nservices: {a: {ports: !reset [], x: !override {}, y: !z 1}}"
        ).file()


def test_compose_tells_what_is_wrong_in_its_own_words(write, ran, tmp_path: Path) -> None:
    ran.answers["config"] = (15, "", f"warning\n{tmp_path}/compose.yaml: dependency cycle\n")
    with pytest.raises(CheckFailed, match=r"found compose\.yaml: dependency cycle") as failed:
        write("services: {}").file()
    assert "docker compose -f compose.yaml config" in failed.value.next_step


def test_answer_that_is_no_json_is_not_the_learners_fault(write, ran) -> None:
    ran.answers["config"] = (0, "hello", "")
    with pytest.raises(CommandFailed, match="did not print JSON"):
        write("services: {}").file()


def test_missing_build_context_is_named(write, ran) -> None:
    config = {"services": {"app": {"build": {"context": "/no/such/folder"}}}}
    ran.answers["config"] = (0, json.dumps(config), "")
    with pytest.raises(CheckFailed, match="a folder to build app from"):
        write("services: {app: {build: /no/such/folder}}").file()


def made(write, ran, text: str = "services: {}") -> ComposeFile:
    ran.answers["config"] = (0, json.dumps(CONFIG), "")
    return write(text).file()


def test_good_practice_is_expected_of_the_file_as_written(write, ran) -> None:
    assert made(write, ran).expect_good_practice()
    with pytest.raises(CheckFailed, match="`version:` is ignored by Compose") as failed:
        made(write, ran, "version: '3'\n").expect_good_practice()
    assert failed.value.next_step == "Remove it."


def test_facts_of_a_service(write, ran) -> None:
    file = made(write, ran)
    app = file.service("app").expect_published(3000, as_port=8080).expect_image("shop:1")
    app.expect_not_published(but=3000).expect_built_from(Path("/"))
    assert app.depends_on == {"db": "service_healthy"}
    assert file.service("db").expect_not_published().depends_on == {}


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda file: file.service("dbs"), "no such service, but db"),
        (lambda file: file.service("db").expect_image("postgres:16"), "found postgres:17"),
        (lambda file: file.service("app").expect_published(3000, as_port=1), "8080:3000"),
        (lambda file: file.service("db").expect_published(5432, as_port=1), "found no port"),
        (lambda file: file.service("app").expect_not_published(), "found 127.0.0.1:8080:3000"),
        (lambda file: file.service("app").expect_not_published(but=80), "8080:3000"),
        (lambda file: file.service("app").expect_not_built(), "it is built from /"),
        (lambda file: file.service("db").expect_built_from(Path("/")), "no `build:`"),
        (lambda file: file.service("app").expect_built_from(Path("/app")), "it is built from"),
    ],
)
def test_fact_that_does_not_hold_fails(write, ran, ask, words) -> None:
    with pytest.raises(CheckFailed, match=words):
        ask(made(write, ran))


def test_service_without_an_image_has_none() -> None:
    with pytest.raises(CheckFailed, match="found none"):
        ComposeService("app", {}).expect_image("shop:1")


def test_project_claims_nothing_that_may_be_somebody_elses(write, ran) -> None:
    compose = write("services: {}")
    ran.answers["config"] = (0, json.dumps(CONFIG), "")
    project = compose.file().start(within=20)
    app, written = ran.written["services"]["app"], ran.written
    assert written["name"] == project.name
    assert project.name.startswith("course-check-")
    assert app["ports"] == [{"target": 3000, "host_ip": "127.0.0.1"}]
    assert "container_name" not in app
    assert "image" not in app
    assert "tags" not in app["build"]
    assert "name" not in written["networks"]["default"]
    bearing = [app, app["build"], *written["networks"].values(), *written["volumes"].values()]
    assert all(temporary.make_labels().items() <= each["labels"].items() for each in bearing)
    begun = [call[4:] for call in ran.calls if "build" in call or "up" in call]
    assert begun == [["build"], ["up", "--detach"]]
    compose.close()
    assert ran.calls[-1][4:8] == ["down", "--volumes", "--remove-orphans", "--rmi"]


def test_learners_file_is_left_as_it_was(ran) -> None:
    before = json.dumps(CONFIG)
    ComposeProject(CONFIG).close()
    assert json.dumps(CONFIG) == before


def test_external_volume_is_refused(ran) -> None:
    with pytest.raises(CheckFailed, match="orders is external"):
        ComposeProject({"volumes": {"orders": {"external": True}}})


@pytest.mark.parametrize(
    ("attrs", "words"),
    [
        ({}, ["entry.sh", "postgres"]),
        ({"command": ["-c", "$$x"]}, ["entry.sh", "-c", "$$x"]),
        ({"entrypoint": ["mine"]}, ["mine"]),
    ],
)
def test_service_can_be_held_back(ran, attrs, words) -> None:
    ran.answers["image"] = (0, '{"Entrypoint": ["entry.sh"], "Cmd": ["postgres"]}', "")
    check = {"interval": "1m30s", "retries": 2, "start_period": "10s", "start_interval": "2s"}
    services = {"db": {"image": "postgres:17", "healthcheck": check, **attrs}}
    project = ComposeProject({"services": services}, ["db"])
    project.up(wait=False)
    db = ran.written["services"]["db"]
    assert db["entrypoint"][:2] == ["sh", "-c"]
    assert "until [ -e /dev/shm/course-start ]" in db["entrypoint"][2]
    assert 'exec env \'BASH_FUNC_pg_ctl%%=() { case " $$* "' in db["entrypoint"][2]
    assert (db["entrypoint"][4:], db["command"]) == (words, [])
    # as patient as before, but asked each second
    assert db["healthcheck"] == {"interval": "1000ms", "retries": 190}
    project.close()


def test_data_of_a_database_is_never_shared_with_the_learners(ran) -> None:
    mount = {"type": "bind", "source": "/home/data", "target": "/var/lib/postgresql/data"}
    script = {
        "type": "bind",
        "source": "/home/x.sql",
        "target": "/docker-entrypoint-initdb.d/x.sql",
    }
    services = {"db": {"image": "postgres:17", "volumes": [mount, script], "profiles": ["a"]}}
    volumes = {"orders": {"driver_opts": {"type": "none", "o": "bind", "device": "/home/data"}}}
    project = ComposeProject({"services": services, "volumes": volumes})
    project.build()
    project.up(wait=False)
    db = ran.written["services"]["db"]
    assert db["volumes"] == [{"type": "volume", "target": "/var/lib/postgresql/data"}, script]
    assert "profiles" not in db
    assert "driver_opts" not in ran.written["volumes"]["orders"]
    project.close()


def test_secrets_that_are_named_in_env_are_found(ran, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PASSWORD=x\n")
    project = ComposeProject(CONFIG, variables=tmp_path / ".env")
    project.up(wait=False)
    assert ran.calls[-1][4:6] == ["--env-file", str(tmp_path / ".env")]
    project.close()


@pytest.mark.parametrize(
    ("service", "policy"),
    [
        ({}, "no"),
        ({"restart": "always"}, "always"),
        ({"restart": "on-failure:3"}, "on-failure"),
        ({"deploy": {"restart_policy": {"condition": "any"}}}, "always"),
        ({"restart": "always", "deploy": {"restart_policy": {}}}, "no"),
        ({"deploy": {"restart_policy": {"condition": "unless-stopped"}}}, "unless-stopped"),
    ],
)
def test_restart_policy_is_what_compose_makes_of_it(service, policy) -> None:
    assert ComposeService("app", service).restart_policy == policy


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ({"network_mode": "host"}, "opens every port"),
        ({"ports": [{"target": 3000}, {"target": 3000, "protocol": "udp"}]}, "any port:3000/udp"),
        ({"ports": [{"target": 3000}, {"target": 9229}]}, "all addresses:any port:9229"),
    ],
)
def test_every_open_port_is_found(service, words) -> None:
    with pytest.raises(CheckFailed, match="app without another published port") as failed:
        ComposeService("app", service).expect_not_published(but=3000)
    assert words in failed.value.found


def test_conditions_are_found_through_other_services() -> None:
    def wait(name: str, condition: str) -> dict[str, Any]:
        return {"depends_on": {name: {"condition": condition}}}

    config = {
        "services": {
            "app": wait("ready", "service_completed_successfully"),
            "ready": wait("db", "service_healthy"),
            "db": wait("app", "service_started"),
        }
    }
    assert list_conditions(config, "app") == {
        "ready": {"service_completed_successfully"},
        "db": {"service_healthy"},
        "app": {"service_started"},
    }


@pytest.fixture
def project(ran: Ran):
    made = ComposeProject(CONFIG)
    yield made
    made.close()


def test_project_that_does_not_start_tells_who_ended_and_its_last_words(ran, project) -> None:
    ended = json.dumps({"Service": "app", "State": "exited", "ExitCode": 1})
    ran.answers = {
        "up": (1, "", f"container {project.name}-app-1 exited (1)\n"),
        "ps": (0, f"{json.dumps({'Service': 'db', 'State': 'running'})}\n[{ended}]\n", ""),
        "logs": (0, "listening\ncannot start: no database\n", ""),
    }
    with pytest.raises(CheckFailed) as failed:
        project.up()
    assert failed.value.found == (
        "container app-1 exited (1); app is exited with status 1, its last words: "
        "cannot start: no database"
    )


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ({"State": "exited", "ExitCode": 3}, "app is exited with status 3"),
        ({"State": "running", "Health": "unhealthy"}, "app is unhealthy"),
        ({"State": "running", "Health": "starting"}, "app is starting after 0 s"),
    ],
)
def test_project_that_does_not_get_ready_fails(ran, project, listed, words) -> None:
    ran.answers["ps"] = (0, json.dumps({"Service": "app", **listed}), "")
    with pytest.raises(CheckFailed, match=words):
        project.up(within=0)


@pytest.mark.parametrize(
    "listed", [{"State": "running", "Health": "healthy"}, {"State": "exited", "ExitCode": 0}]
)
def test_service_that_runs_or_has_done_its_work_is_ready(ran, project, listed) -> None:
    ran.answers["ps"] = (0, json.dumps({"Service": "app", **listed}), "")
    project.up(within=0)


def test_registry_that_is_away_is_not_the_learners_fault(ran, project) -> None:
    ran.answers["up"] = (1, "", "dial tcp: no such host")
    with pytest.raises(CouldNotFindOut, match="could not be started"):
        project.up()


def test_stop_and_down_say_what_compose_says(ran, project) -> None:
    project.stop()
    assert "stop" in ran.calls[-1]
    project.down()
    assert "--volumes" not in ran.calls[-1]
    project.down(volumes=True)
    assert ran.calls[-1][-1] == "--volumes"
    ran.answers["stop"] = (1, "", "no")
    with pytest.raises(CommandFailed):
        project.stop()


def test_address_of_a_published_port(ran, project) -> None:
    ran.answers["port"] = (0, "127.0.0.1:32768\n", "")
    assert project.url("app", 3000, "/health") == "http://127.0.0.1:32768/health"
    ran.answers["port"] = (1, "", "no port 3000/tcp for container app-1")
    with pytest.raises(CheckFailed, match="app to publish its port 3000"):
        project.url("app", 3000)


def test_databases_are_asked_in_their_containers(ran, project) -> None:
    ran.answers["exec"] = (0, "1|tea\n", "")
    assert project.sql("db", "TABLE orders") == "1|tea"
    assert project.redis("cache", "GET", "views") == "1|tea"
    ran.answers["exec"] = (1, "", "could not connect")
    with pytest.raises(CheckFailed, match="could not connect"):
        project.sql("db", "TABLE orders")
    with pytest.raises(CheckFailed, match="an answer of cache to GET"):
        project.redis("cache", "GET", "views")


def test_testcontainers_own_commands_have_a_time_out_too(ran, project) -> None:
    ran.answers["logs"] = (0, "ready\n", "")
    assert project._compose.get_logs("app") == ("ready\n", "")
    assert project._compose._run_command(["docker", "logs"]).stdout == b"ready\n"


def test_database_is_waited_for_while_it_starts(ran, project, monkeypatch) -> None:
    ran.answers = {"exec": (2, "", ""), "ps": (0, '{"Service": "db", "State": "running"}', "")}
    clock = SimpleNamespace(
        monotonic=time.monotonic, sleep=lambda _: ran.answers.update(exec=(0, "", ""))
    )
    monkeypatch.setattr(compose_project, "time", clock)
    assert project.expect_sql("db") is project


@pytest.mark.parametrize(("state", "within"), [("exited", 60), ("running", -1)])
def test_database_that_ends_or_takes_too_long_fails(ran, project, state, within) -> None:
    ran.answers = {
        "exec": (2, "", ""),
        "ps": (0, json.dumps({"Service": "db", "State": state}), ""),
        "logs": (0, "superuser password is not specified\n", ""),
    }
    with pytest.raises(CheckFailed, match=f"it is {state}, its last words: superuser password"):
        project.expect_sql("db", within=within)


def test_app_is_built_once_for_each_project(ran, project) -> None:
    project.up()
    project.up()
    assert sum("build" in call for call in ran.calls) == 1


def test_logs_are_plain_text(ran, project) -> None:
    ran.answers["logs"] = (0, "\x1b[2Kready\n", "")
    assert project.logs("app") == "ready\n"
