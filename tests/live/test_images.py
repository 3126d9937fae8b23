"""What the course promises of its images, asked of the real ones, and of the ways to get them."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from checker.base import paths, process
from checker.docker import docker_engine
from checker.images import provider
from checker.orchestrators.registry import shell_environment

pytestmark = [pytest.mark.live, pytest.mark.builds]

PREFIX = f"img-{uuid.uuid4().hex[:8]}"
"""Begins every name that this module gives, so that nothing of the learner's can be hit."""

DEBIAN, BUSYBOX, HELLO = "debian:trixie-slim", "busybox:1.37", "hello-world:latest"
NGINX, NODE, POSTGRES = "nginx:1.26", "node:24-trixie-slim", "postgres:17"
REDIS, REGISTRY = "redis:8", "registry:3"
HAPROXY, PYTHON = "haproxy:3.0", "python:3.13-slim-trixie"
ALL = (DEBIAN, BUSYBOX, HELLO, NGINX, NODE, POSTGRES, REDIS, REGISTRY, HAPROXY, PYTHON)

Arguments = tuple[str, ...]


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    docker_engine.ensure_engine()
    provider.ensure_images(ALL)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """Open to the users of containers as well, as a learner's folder is."""
    tmp_path.chmod(0o755)
    return tmp_path


def run_docker(*arguments: str, check: bool = True, **options: Any) -> process.Completed:
    settings = {"timeout": 120, "env": shell_environment(), **options}
    return process.run(["docker", *arguments], check=check, **settings)


def once(*arguments: str) -> process.Completed:
    """A container that runs to its end and is removed."""
    name = new_name()
    try:
        return run_docker("run", "--rm", "--name", name, *arguments, check=False)
    except process.CommandFailed:
        run_docker("rm", "--force", "--volumes", name, check=False)
        raise


def new_name() -> str:
    return f"{PREFIX}-{uuid.uuid4().hex[:6]}"


@contextlib.contextmanager
def container(*arguments: str) -> Iterator[str]:
    """A container in the background, removed at the end; gives its name."""
    name = new_name()
    try:
        run_docker("run", "--detach", "--name", name, *arguments)
        yield name
    finally:
        run_docker("rm", "--force", "--volumes", name, check=False)


@contextlib.contextmanager
def thing(kind: str) -> Iterator[str]:
    """A volume or a network, removed at the end; gives its name."""
    name = new_name()
    run_docker(kind, "create", name)
    try:
        yield name
    finally:
        run_docker(kind, "rm", name)


def inside(name: str, *command: str, check: bool = True) -> str:
    return run_docker("exec", name, *command, check=check).output.strip()


def logs(name: str) -> str:
    done = run_docker("logs", name)
    return done.output + done.errors


def address(name: str, port: int) -> str:
    return run_docker("port", name, f"{port}/tcp").output.split()[0]


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"this did not come true in {seconds} s"
        time.sleep(0.1)


def ended(name: str) -> tuple[int, float]:
    """Stop a container; its exit status, and the seconds that it took."""
    started = time.monotonic()
    run_docker("stop", "--time", "30", name)
    seconds = time.monotonic() - started
    return int(run_docker("inspect", "--format", "{{.State.ExitCode}}", name).output), seconds


# --- what `docker image inspect` shows

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    DEBIAN: {"Cmd": ["bash"]},
    BUSYBOX: {"Cmd": ["sh"]},
    HELLO: {"Cmd": ["/hello"]},
    NGINX: {
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Cmd": ["nginx", "-g", "daemon off;"],
        "ExposedPorts": {"80/tcp": {}},
        "StopSignal": "SIGQUIT",
    },
    NODE: {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["node"]},
    POSTGRES: {
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["postgres"],
        "ExposedPorts": {"5432/tcp": {}},
        "StopSignal": "SIGINT",
        "Volumes": {"/var/lib/postgresql/data": {}},
    },
    REDIS: {
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["redis-server"],
        "ExposedPorts": {"6379/tcp": {}},
        "Volumes": {"/data": {}},
        "WorkingDir": "/data",
    },
    REGISTRY: {
        "Entrypoint": ["/entrypoint.sh"],
        "Cmd": ["/etc/distribution/config.yml"],
        "ExposedPorts": {"5000/tcp": {}},
        "Volumes": {"/var/lib/registry": {}},
    },
    HAPROXY: {
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
        "StopSignal": "SIGUSR1",
        "User": "haproxy",
        "WorkingDir": "/var/lib/haproxy",
    },
    PYTHON: {"Cmd": ["python3"]},
}


@pytest.mark.parametrize("image", ALL)
def test_image_is_configured_as_upstreams(image: str) -> None:
    config = json.loads(run_docker("image", "inspect", image).output)[0]["Config"]
    parts = ("Entrypoint", "Cmd", "ExposedPorts", "StopSignal", "Volumes", "User", "WorkingDir")
    found = {part: config[part] for part in parts if config.get(part) not in (None, "", "/")}
    assert found == CONFIGURATIONS[image]


ENVIRONMENTS = {
    NODE: {"NODE_VERSION": r"24\.\d+\.\d+"},
    PYTHON: {"PYTHON_VERSION": r"3\.13\.\d+"},
    POSTGRES: {
        "PGDATA": "/var/lib/postgresql/data",
        "PG_MAJOR": "17",
        "PATH": r".*:/usr/lib/postgresql/17/bin",
    },
}


@pytest.mark.parametrize("image", ENVIRONMENTS)
def test_image_sets_the_variables_that_upstreams_does(image: str) -> None:
    lines = once("--entrypoint", "env", image).output.splitlines()
    found = dict(line.split("=", 1) for line in lines)
    for name, pattern in ENVIRONMENTS[image].items():
        assert re.fullmatch(pattern, found[name])


def test_both_names_of_busybox_mean_one_image() -> None:
    names = ("busybox:1.37", "busybox:latest", "busybox")
    ids = {run_docker("image", "inspect", "-f", "{{.Id}}", name).output for name in names}
    assert len(ids) == 1


# --- what a container says that runs to its end

SAYS: list[tuple[str, Arguments, str]] = [
    (DEBIAN, ("sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"), "trixie"),
    (DEBIAN, ("perl", "-e", 'print crypt "x", q($2y$10$) . "a" x 22'), r"\$2y\$10\$a{21}.*"),
    (DEBIAN, ("find", "/usr/share/man", "/usr/share/locale", "-type", "f"), ""),
    (DEBIAN, ("ls", "/usr/share/doc/bash"), "copyright"),
    (DEBIAN, ("pwd",), "/"),
    (DEBIAN, ("bash", "-c", "id -u; echo ~"), "0\n/root"),
    (BUSYBOX, ("busybox",), r"BusyBox v1\.37(?s:.*)"),
    (BUSYBOX, ("sh", "-c", "id -u nobody; id -u www-data; stat -c %a /tmp"), "65534\n33\n1777"),
    (BUSYBOX, ("/usr/bin/env", "pwd"), "/"),
    (HELLO, (), r"Hello from Docker!\nThis message shows that your installation (?s:.*)"),
    (NGINX, ("id", "nginx"), r"uid=101\(nginx\) gid=101\(nginx\) .*"),
    (NGINX, ("sh", "-c", "nginx -v 2>&1"), r"nginx version: nginx/1\.26\.\d+"),
    (NGINX, ("readlink", "/var/log/nginx/access.log", "/var/log/nginx/error.log"), ".*out\n.*err"),
    (NGINX, ("echo", "nginx"), "nginx"),
    (NODE, ("id", "node"), r"uid=1000\(node\) gid=1000\(node\) .*"),
    (NODE, ("sh", "-c", "echo ~node"), "/home/node"),
    (NODE, ("--version",), r"v24\.\d+\.\d+"),
    (NODE, ("node", "--version"), r"v24\.\d+\.\d+"),
    (NODE, ("-p", "process.argv.length"), "1"),
    (NODE, ("sh", "-c", "npm --version && npx --version"), r"\d+[.\d]+\n\d+[.\d]+"),
    (POSTGRES, ("id", "postgres"), r"uid=999\(postgres\) gid=999\(postgres\) .*"),
    (POSTGRES, ("--version",), r"postgres \(PostgreSQL\) 17\..*"),
    (POSTGRES, ("postgres", "-V"), r"postgres \(PostgreSQL\) 17\..*"),
    (POSTGRES, ("psql", "--version"), r"psql \(PostgreSQL\) 17\..*"),
    (POSTGRES, ("pg_dump", "--version"), r"pg_dump \(PostgreSQL\) 17\..*"),
    (REDIS, ("id", "redis"), r"uid=999\(redis\) gid=999\(redis\) .*"),
    (REDIS, ("redis-server", "--version"), r"Redis server v=8\..*"),
    (REDIS, ("redis-cli", "--version"), r"redis-cli 8\..*"),
    (REDIS, ("sh", "-c", "pwd; stat -c %U ."), "/data\nredis"),
    (REGISTRY, ("--version",), r"registry \S+ v?3\..*"),
    (REGISTRY, ("registry", "--version"), r"registry \S+ v?3\..*"),
]


@pytest.mark.parametrize(
    ("image", "command", "pattern"), SAYS, ids=[f"{image} {' '.join(c)}" for image, c, _ in SAYS]
)
def test_command_says_what_upstreams_does(image: str, command: Arguments, pattern: str) -> None:
    done = once(image, *command)
    assert done.status == 0, done.errors
    assert re.fullmatch(pattern, done.output.strip()), done.output


@pytest.mark.parametrize("image", [DEBIAN, BUSYBOX])
def test_shell_is_what_runs_where_no_command_is_given(image: str) -> None:
    done = run_docker("run", "--rm", "--interactive", image, input="echo $((6 * 7))\n")
    assert done.output == "42\n"


def test_busybox_has_the_commands_that_pages_use() -> None:
    used = "cat cp env grep hostname httpd id ls mkdir nc netstat nslookup ping ps rm sh sleep tail"
    script = f"for name in {used} telnet top true uname vi wc wget; do which $name || echo -; done"
    assert "-" not in once(BUSYBOX, "sh", "-c", script).output.splitlines()


# --- servers: who runs, and how it ends

SERVERS: dict[str, tuple[Arguments, Arguments, str, int, set[int]]] = {
    NGINX: ((), (), "nginx", 0, {0}),
    POSTGRES: (("-e", "POSTGRES_PASSWORD=x"), (), "postgres", 999, {0}),
    REDIS: ((), (), "redis-server", 999, {0}),
    # the registry handles no signal, and a Go program that is process 1 then ends with 2
    REGISTRY: ((), (), "registry", 0, {0, 2}),
}
READY = {
    NGINX: "start worker process",
    POSTGRES: "init process complete(?s:.*)ready to accept connections",
    REDIS: "Ready to accept connections",
    REGISTRY: "listening on",
}


@pytest.mark.parametrize("image", SERVERS)
def test_server_is_process_one_of_the_right_user_and_ends_when_told(image: str) -> None:
    options, command, program, user, statuses = SERVERS[image]
    with container(*options, image, *command) as name:
        wait_for(lambda: re.search(READY[image], logs(name)))
        told = inside(name, "sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline; grep ^Uid /proc/1/status")
        assert program in told.splitlines()[0] if "\n" in told else told
        assert f"Uid:\t{user}\t" in told
        status, seconds = ended(name)
        assert status in statuses
        assert seconds < 15


def test_node_program_gets_the_signal(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text(
        "process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000);"
        "console.log('runs as', process.pid);"
    )
    with container("-v", f"{tmp_path}:/app:ro", "-w", "/app", NODE, "app.js") as name:
        wait_for(lambda: "runs as 1\n" in logs(name))
        status, seconds = ended(name)
        assert status == 7
        assert seconds < 15


@pytest.mark.parametrize("command", [("app.js",), ("./app.js", "a"), ("/app/app.js",)])
def test_node_runs_a_file_however_it_is_named(tmp_path: Path, command: Arguments) -> None:
    (tmp_path / "app.js").write_text("console.log(process.argv.length)")
    done = once("-v", f"{tmp_path}:/app:ro", "-w", "/app", NODE, *command)
    assert (done.status, done.output) == (0, f"{len(command) + 1}\n"), done.errors


def test_node_is_not_put_before_a_program(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("#!/bin/sh\necho by itself\n")
    (tmp_path / "run").chmod(0o755)
    done = once("-v", f"{tmp_path}:/app:ro", NODE, "/app/run")
    assert done.output == "by itself\n"


def test_node_runs_as_its_ordinary_user_where_told() -> None:
    assert once("--user", "node", NODE, "-p", "process.getuid()").output == "1000\n"


# --- nginx


@contextlib.contextmanager
def web(*arguments: str) -> Iterator[tuple[str, httpx.Client]]:
    with container("--publish", "127.0.0.1::80", *arguments, NGINX) as name:
        wait_for(lambda: READY[NGINX] in logs(name))
        with httpx.Client(base_url=f"http://{address(name, 80)}", timeout=10) as client:
            yield name, client


def test_nginx_welcomes_serves_files_and_logs_to_the_container() -> None:
    with web() as (name, client):
        assert "<title>Welcome to nginx!</title>" in client.get("/").text
        assert client.get("/").headers["server"].startswith("nginx/1.26")
        assert client.get("/nowhere").status_code == 404
        wait_for(lambda: '"GET /nowhere HTTP/1.1" 404' in logs(name))
        inside(name, "sh", "-c", "echo mine > /usr/share/nginx/html/mine.txt")
        assert client.get("/mine.txt").text == "mine\n"
        owners = inside(name, "sh", "-c", "stat -c %U /proc/[0-9]*").split()
        assert {"root", "nginx"} <= set(owners)


def test_nginx_fills_in_templates_and_runs_scripts(tmp_path: Path) -> None:
    (tmp_path / "shop.conf.template").write_text(
        "# ${NOWHERE}\nserver { listen ${PORT}; return 200 '${TOWN} $request_method'; }"
    )
    (tmp_path / "run.sh").write_text("#!/bin/sh\necho script sees $TOWN\n")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "not.sh").write_text("#!/bin/sh\necho not executable\n")
    mounts = (
        *("-v", f"{tmp_path}/shop.conf.template:/etc/nginx/templates/shop.conf.template:ro"),
        *("-v", f"{tmp_path}:/docker-entrypoint.d:ro"),
    )
    with container(*mounts, "-e", "TOWN=Fulda", "-e", "PORT=8080", NGINX, "nginx", "-T") as name:
        wait_for(lambda: "test is successful" in logs(name))
        found = logs(name)
    assert "listen 8080" in found
    assert "# ${NOWHERE}" in found
    assert "return 200 'Fulda $request_method'" in found
    assert "script sees Fulda" in found
    assert "not executable" not in found


@pytest.mark.parametrize("has_ipv6", [True, False])
def test_nginx_listens_on_ipv6_where_the_kernel_has_it(has_ipv6: bool) -> None:
    hide = "mkdir /no && mount --bind /no /proc/$$/net && " * (not has_ipv6)
    script = f"{hide}exec /docker-entrypoint.sh nginx -T"
    rights = ("--cap-add", "SYS_ADMIN", "--security-opt", "apparmor=unconfined")
    done = once(*rights, "--entrypoint", "sh", NGINX, "-c", script)
    assert done.status == 0, done.errors
    assert ("listen [::]:80;" in done.output) == has_ipv6
    assert "listen 80;" in done.output


# --- PostgreSQL

FAST = ("-e", "POSTGRES_INITDB_ARGS=--no-sync")
PASSWORD = ("-e", "POSTGRES_PASSWORD=cinnamon")


@contextlib.contextmanager
def database(*arguments: str, command: Arguments = ()) -> Iterator[str]:
    with container(*FAST, *arguments, POSTGRES, *command) as name:
        ready = ("exec", name, "pg_isready", "--quiet", "--host", "127.0.0.1")
        wait_for(lambda: run_docker(*ready, check=False).status == 0)
        yield name


def query(name: str, text: str, *options: str) -> str:
    return inside(name, "psql", "--no-psqlrc", "-At", *options, "-c", text)


def over_network(name: str, password: str, user: str, text: str) -> process.Completed:
    """From a second container in the first one's network, so that the password is asked for."""
    host = run_docker(
        "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name
    ).output.strip()
    client = ("psql", "-At", "-h", host, "-U", user, "-c", text)
    return once("-e", f"PGPASSWORD={password}", POSTGRES, *client)


WHO = "SELECT current_user, current_database()"

NAMED: list[tuple[Arguments, str, str]] = [
    ((), "postgres", "postgres"),
    (("-e", "POSTGRES_USER=shop"), "shop", "shop"),
    (("-e", "POSTGRES_USER=shop", "-e", "POSTGRES_DB=orders"), "shop", "orders"),
    (("-e", "POSTGRES_DB=orders"), "postgres", "orders"),
]


@pytest.mark.parametrize(("settings", "user", "name"), NAMED, ids=[str(x[0]) for x in NAMED])
def test_postgres_makes_the_user_and_database_of_its_settings(
    settings: Arguments, user: str, name: str
) -> None:
    with database(*PASSWORD, *settings) as db:
        assert query(db, WHO, "-U", user, "-d", name) == f"{user}|{name}"
        assert query(db, "SELECT usesuper FROM pg_user", "-U", user, "-d", name) == "t"


def test_postgres_asks_others_for_the_password() -> None:
    with database(*PASSWORD) as db:
        assert over_network(db, "cinnamon", "postgres", WHO).output == "postgres|postgres\n"
        refused = over_network(db, "nutmeg", "postgres", WHO)
        assert refused.status == 2
        assert "password authentication failed" in refused.errors
        assert query(db, "SHOW password_encryption", "-U", "postgres") == "scram-sha-256"
        assert query(db, "SHOW listen_addresses", "-U", "postgres") == "*"


def test_postgres_without_a_password_refuses_to_start() -> None:
    done = once(POSTGRES)
    assert done.status == 1
    assert "superuser password is not specified" in done.errors
    assert "POSTGRES_PASSWORD" in done.errors


def test_postgres_lets_everybody_in_where_trust_is_set() -> None:
    with database("-e", "POSTGRES_HOST_AUTH_METHOD=trust") as db:
        assert over_network(db, "", "postgres", WHO).output == "postgres|postgres\n"


def test_postgres_reads_its_password_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("saffron\n")
    mount = ("-v", f"{tmp_path}:/run/secrets:ro")
    setting = ("-e", "POSTGRES_PASSWORD_FILE=/run/secrets/password")
    with database(*mount, *setting) as db:
        assert over_network(db, "saffron", "postgres", "SELECT 1").output == "1\n"
    both = once(*mount, *setting, *PASSWORD, POSTGRES)
    assert both.status == 1
    assert "are exclusive" in both.errors


def test_postgres_runs_init_files_in_order_and_once(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("CREATE TABLE steps (name text);")
    (tmp_path / "2.sh").write_text("psql -U $POSTGRES_USER -c \"INSERT INTO steps VALUES ('sh')\"")
    (tmp_path / "3.sh").write_text(
        "#!/bin/sh\npsql -U shop -c \"INSERT INTO steps VALUES ('run')\""
    )
    (tmp_path / "3.sh").chmod(0o755)
    (tmp_path / "4.sql.gz").write_bytes(gzip.compress(b"INSERT INTO steps VALUES ('gz');"))
    (tmp_path / "5.txt").write_text("no script")
    with thing("volume") as volume:
        settings = (
            *("-v", f"{tmp_path}:/docker-entrypoint-initdb.d:ro", *PASSWORD),
            *("-e", "POSTGRES_USER=shop", "-v", f"{volume}:/var/lib/postgresql/data"),
        )
        for _ in range(2):
            with database(*settings) as db:
                assert query(db, "SELECT name FROM steps", "-U", "shop").split() == [
                    *("sh", "run", "gz")
                ]
                first = "ignoring /docker-entrypoint-initdb.d/5.txt" in logs(db)
                assert first != ("Skipping initialization" in logs(db))


def test_init_file_that_fails_ends_postgres(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("SELECT nonsense;")
    done = once(*FAST, *PASSWORD, "-v", f"{tmp_path}:/docker-entrypoint-initdb.d:ro", POSTGRES)
    assert done.status != 0
    assert 'column "nonsense" does not exist' in done.output + done.errors


def test_postgres_keeps_its_data_in_the_volume_and_old_settings_with_it() -> None:
    with thing("volume") as volume:
        place = ("-v", f"{volume}:/var/lib/postgresql/data")
        with database(*place, *PASSWORD, "-e", "POSTGRES_USER=shop") as db:
            query(db, "CREATE TABLE orders AS SELECT 4711 AS number", "-U", "shop")
        with database(*place, "-e", "POSTGRES_PASSWORD=ignored") as db:
            assert query(db, "SELECT number FROM orders", "-U", "shop") == "4711"
            assert over_network(db, "cinnamon", "shop", "SELECT 1").output == "1\n"
            assert over_network(db, "ignored", "shop", "SELECT 1").status == 2


@pytest.mark.parametrize("before", [(), ("postgres",)])
def test_postgres_takes_settings_of_the_server_as_arguments(before: Arguments) -> None:
    with database(*PASSWORD, command=(*before, "-c", "max_connections=17")) as db:
        assert query(db, "SHOW max_connections", "-U", "postgres") == "17"


def test_postgres_that_was_killed_recovers_its_data() -> None:
    with database(*PASSWORD) as db:
        query(db, "CREATE TABLE orders AS SELECT 4711 AS number", "-U", "postgres")
        run_docker("kill", db)
        run_docker("start", db)
        wait_for(lambda: run_docker("exec", db, "pg_isready", check=False).status == 0)
        assert query(db, "SELECT number FROM orders", "-U", "postgres") == "4711"


# --- Redis


@contextlib.contextmanager
def cache(*arguments: str, command: Arguments = ()) -> Iterator[str]:
    with container(*arguments, REDIS, *command) as name:
        wait_for(lambda: READY[REDIS] in logs(name))
        yield name


def test_redis_answers_and_others_in_its_network_as_well() -> None:
    with thing("network") as network, cache("--network", network) as name:
        assert inside(name, "redis-cli", "ping") == "PONG"
        assert once("--network", network, REDIS, "redis-cli", "-h", name, "ping").output == "PONG\n"
        files = inside(name, "sh", "-c", "redis-cli save > /dev/null; stat -c %U:%a /data/*")
        assert files == "redis:600"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_redis_keeps_its_data_in_the_volume(how: str) -> None:
    with thing("volume") as volume:
        settings = ("-v", f"{volume}:/data")
        command = ("--appendonly", "yes") if how == "kill" else ()
        with cache(*settings, command=command) as name:
            inside(name, "redis-cli", "set", "views", "3")
            time.sleep(1.2 * (how == "kill"))  # the log is written once a second
            run_docker(how, name)
        with cache(*settings, command=command) as name:
            assert inside(name, "redis-cli", "get", "views") == "3"


CONFIGURED: list[tuple[str, Arguments, str]] = [
    ("maxmemory 5mb", ("my.conf",), "no"),
    ("maxmemory 5mb", ("redis-server", "/data/my.conf"), "no"),
    ("maxmemory 5mb\nprotected-mode yes", ("my.conf",), "yes"),
    ("", ("my.conf", "--maxmemory", "5mb"), "no"),
    ("", ("redis-server", "--protected-mode", "yes", "--maxmemory", "5mb"), "yes"),
]


@pytest.mark.parametrize(("text", "command", "protected"), CONFIGURED)
def test_redis_takes_a_file_and_arguments(
    tmp_path: Path, text: str, command: Arguments, protected: str
) -> None:
    (tmp_path / "my.conf").write_text(text + "\n")
    with cache("-v", f"{tmp_path}/my.conf:/data/my.conf", command=command) as name:
        assert inside(name, "redis-cli", "config", "get", "maxmemory").split()[1] == "5242880"
        found = inside(name, "redis-cli", "config", "get", "protected-mode").split()[1]
        assert found == protected


def test_redis_asks_for_a_password_where_told() -> None:
    with cache(command=("--requirepass", "cinnamon")) as name:
        assert "NOAUTH" in inside(name, "redis-cli", "get", "x")
        assert inside(name, "redis-cli", "--no-auth-warning", "-a", "cinnamon", "ping") == "PONG"


# --- the registry

HASH = 'chomp; print "ana:", crypt($_, q($2y$05$) . "a" x 22), "\\n"'
"""As the page on registries makes it: with Perl, by the C library of Debian."""


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """A folder with the file of users that htpasswd would make."""
    command = ("run", "--rm", "--interactive", DEBIAN, "perl", "-ne", HASH)
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth/htpasswd").write_text(run_docker(*command, input="tulip\n").output)
    return tmp_path / "auth"


@pytest.fixture
def own_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))


@contextlib.contextmanager
def registry(*arguments: str) -> Iterator[str]:
    """Gives its address, such as 127.0.0.1:49153."""
    with container("--publish", "127.0.0.1::5000", *arguments, REGISTRY) as name:
        wait_for(lambda: READY[REGISTRY] in logs(name))
        yield address(name, 5000)


@contextlib.contextmanager
def tagged(name: str) -> Iterator[str]:
    run_docker("tag", BUSYBOX, name)
    try:
        yield name
    finally:
        run_docker("image", "rm", name, check=False)


def test_registry_takes_and_gives_images_for_a_password(users: Path, own_login) -> None:
    settings = (
        *("-v", f"{users}:/auth:ro", "-e", "REGISTRY_AUTH=htpasswd"),
        *("-e", "REGISTRY_AUTH_HTPASSWD_REALM=shop"),
        *("-e", "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd"),
    )
    with registry(*settings) as host, tagged(f"{host}/{PREFIX}:1") as name:
        assert httpx.get(f"http://{host}/v2/").status_code == 401
        refused = run_docker("push", name, check=False)
        assert refused.status == 1
        assert "no basic auth credentials" in refused.output + refused.errors
        login = ("login", host, "--username", "ana", "--password-stdin")
        assert run_docker(*login, input="rose", check=False).status == 1
        run_docker(*login, input="tulip")
        run_docker("push", name)
        run_docker("image", "rm", name)
        run_docker("pull", name)
        known = httpx.get(f"http://{host}/v2/_catalog", auth=("ana", "tulip")).json()
        assert known == {"repositories": [PREFIX]}
        run_docker("logout", host)


def test_registry_keeps_images_in_its_volume() -> None:
    with thing("volume") as volume:
        place = ("-v", f"{volume}:/var/lib/registry")
        with registry(*place) as host, tagged(f"{host}/{PREFIX}:1") as name:
            run_docker("push", name)
        with registry(*place) as host:
            tags = httpx.get(f"http://{host}/v2/{PREFIX}/tags/list").json()
            assert tags == {"name": PREFIX, "tags": ["1"]}


def test_registry_reads_settings_from_the_environment() -> None:
    with (
        registry("-e", "REGISTRY_STORAGE_DELETE_ENABLED=true") as host,
        tagged(f"{host}/{PREFIX}:1") as name,
    ):
        pushed = run_docker("push", name).output
        digest = re.search(r"digest: (sha256:\w+)", pushed)
        assert digest
        url = f"http://{host}/v2/{PREFIX}/manifests/{digest[1]}"
        assert httpx.delete(url).status_code == 202


# --- HAProxy

LISTENING = """
global
    log stdout format raw local0
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
frontend all
    bind :80
    http-request return status 200 content-type text/plain string one
"""


@pytest.mark.parametrize("signal", ["SIGHUP", "SIGUSR2"])
def test_haproxy_reads_its_configuration_again_and_ends_by_its_signal(
    tmp_path: Path, signal: str
) -> None:
    file = tmp_path / "haproxy.cfg"
    file.write_text(LISTENING)
    folder = f"{tmp_path}:/usr/local/etc/haproxy:ro"
    with container("-v", folder, "--publish", "127.0.0.1::80", HAPROXY) as name:
        wait_for(lambda: "Loading success" in logs(name))
        url = f"http://{address(name, 80)}"
        assert httpx.get(url).text == "one"
        file.write_text(LISTENING.replace("string one", "string two"))
        run_docker("kill", "--signal", signal, name)
        wait_for(lambda: httpx.get(url).text == "two")
        assert inside(name, "id", "-u") == "99"
        assert ended(name)[0] == 0


def test_haproxy_without_a_configuration_ends_and_says_so() -> None:
    done = once(HAPROXY)
    assert done.status == 1
    assert "/usr/local/etc/haproxy/haproxy.cfg" in done.errors


# --- Python


def test_python_has_pip_and_takes_packages_where_upstreams_does() -> None:
    script = "import sysconfig, ssl, sqlite3, sys; print(sys.version_info[:2])"
    assert once(PYTHON, "python", "-c", script).output == "(3, 13)\n"
    assert "python 3.13" in once(PYTHON, "pip", "--version").output
    place = "/usr/local/lib/python3.13/site-packages"
    own = f"echo 'x = 7' > {place}/own.py && python3 -c 'import own; print(own.x)'"
    assert once(PYTHON, "sh", "-c", own).output == "7\n"


# --- the ways to get an image: kills, two at once, a full disk

COURSE = """
import sys
from pathlib import Path
from checker.cli.main import main
from checker.images import catalogue, provider

catalogue.HERE = Path(sys.argv[1])
if sys.argv[2] == "ensure":
    provider.ensure_images(sys.argv[3:])
else:
    main(["images", *sys.argv[2:]])
"""


class Tiny:
    """A course whose catalogue has one image of its own, which takes a while to build."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{new_name()}:1"
        self.folder = folder
        self.recipe = folder / "recipes/tiny"
        self.recipe.mkdir(parents=True)
        (folder / "cache").mkdir()
        (folder / "cache/engines").symlink_to(paths.cache() / "engines")
        entry = {"reference": self.name, "recipe": "tiny", "why": "a test"}
        lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
        (folder / "catalogue.toml").write_text("[[image]]\n" + "\n".join(lines) + "\n")
        self.runs("sleep 3")

    def runs(self, command: str) -> None:
        text = f"FROM {BUSYBOX}\nCOPY . /\nRUN : {self.name} && {command}\n"
        (self.recipe / "Dockerfile").write_text(text)

    @property
    def builds(self) -> Path:
        return self.folder / "cache/builds"

    @property
    def id(self) -> str:
        done = run_docker("image", "inspect", "-f", "{{.Id}}", self.name, check=False)
        return done.output.strip() if done.status == 0 else ""

    def start(self, *words: str, before: Arguments = ()) -> subprocess.Popen[str]:
        own = {f"COURSE_{name.upper()}": str(self.folder / name) for name in ("cache", "state")}
        host = shell_environment()["DOCKER_HOST"]
        return subprocess.Popen(
            [*before, sys.executable, "-P", "-c", COURSE, str(self.folder), *words],
            env={**os.environ, **own, "DOCKER_HOST": host, "PYTHONPATH": str(paths.root())},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def call(self, *words: str, before: Arguments = ()) -> tuple[int, str]:
        process = self.start(*words, before=before)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Tiny]:
    made = Tiny(tmp_path)
    yield made
    run_docker("image", "rm", "--force", made.name, check=False)


@pytest.mark.parametrize("way", ["build", "ensure"])
def test_same_command_after_a_kill_succeeds(tiny: Tiny, way: str) -> None:
    killed = tiny.start(way, tiny.name)
    wait_for(lambda: tiny.builds.exists() and any(tiny.builds.iterdir()))
    time.sleep(0.5)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert any(tiny.builds.iterdir())
    status, output = tiny.call(way, tiny.name)
    assert status == 0, output
    assert tiny.id
    assert list(tiny.builds.iterdir()) == []


def test_two_that_build_one_image_at_once_both_succeed(tiny: Tiny) -> None:
    both = [tiny.start("build", tiny.name) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum("Building" in output for output in outputs) == 1
    assert sum("Waiting: another process is getting images." in output for output in outputs) == 1
    assert tiny.id


def test_two_that_build_hello_world_at_once_both_succeed(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "checker", "images", "build", "hello-world"]
    own = {"COURSE_STATE": str(tmp_path), "DOCKER_HOST": shell_environment()["DOCKER_HOST"]}
    environment = {**os.environ, **own, "PYTHONPATH": str(paths.root())}
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=200)[0] for process in both] == ["All built.\n"] * 2
    assert [process.returncode for process in both] == [0, 0]


def small_disk(folder: Path) -> Arguments:
    """Runs a program that sees a disk of 1 MB at a folder; the mount is gone when it ends."""
    namespace = ("unshare", "--mount") if os.getuid() == 0 else ("unshare", "-r", "--mount")
    mount = f'mount -t tmpfs -o size=1m tiny "{folder}" && exec "$@"'
    return (*namespace, "sh", "-c", mount, "sh")


def test_full_disk_is_told_and_loses_nothing(tiny: Tiny) -> None:
    tiny.runs("true")
    assert tiny.call("build", tiny.name)[0] == 0
    before = tiny.id
    (tiny.recipe / "large").write_bytes(os.urandom(2_000_000))
    status, output = tiny.call("build", tiny.name, before=small_disk(tiny.builds))
    assert status == 3
    assert f"The disk is full: {tiny.name} could not be built." in output
    assert "[Errno 28] No space left on device" in output
    assert "docker builder prune" in output
    assert "Traceback" not in output
    assert tiny.id == before
    assert list(tiny.builds.iterdir()) == []
    assert tiny.call("build", tiny.name)[0] == 0
    assert tiny.id != before


def test_engine_whose_disk_is_full_is_told(tiny: Tiny) -> None:
    tiny.runs("true")
    small = "RUN --mount=type=tmpfs,target=/small,size=1m dd if=/dev/zero of=/small/x bs=2M count=1"
    with (tiny.recipe / "Dockerfile").open("a") as file:
        file.write(f"{small}\n" + "# a long file, which the error repeats\n" * 20)
    status, output = tiny.call("build", tiny.name)
    assert status == 3
    assert f"The disk is full: {tiny.name} could not be built." in output
    assert "No space left on device" in output
    assert tiny.id == ""
