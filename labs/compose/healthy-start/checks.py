"""What must be true after the lab 'Healthy start'."""

import json
import time

from checker.checks import CheckFailed, http, task
from checker.checks.compose.held_start import HeldStart
from checker.checks.core.secret_values import describe_encoding

START = 150
"""Seconds for a check that starts the project: the first one builds the app."""

PASSWORD = "cinnamon-41"
DATABASES = ("db", "cache")
SERVICES = ("app", *DATABASES)
GOOD = {"status": "ok", "database": "ok", "redis": "ok"}

PATIENT = 15
"""Seconds that a database is away if no health check of it decides when the shop starts."""

DECIDED = 8
"""Seconds in which a shop that was let go has said whether it could start."""


@task("wait", timeout=START)
def test_late_databases(compose):
    """The shop starts once, when its databases answer, however late they are."""
    file = compose.file()
    for name in SERVICES:
        file.service(name)
    project = file.project(held=DATABASES)
    with HeldStart(project) as start:
        start.release("cache")
        keep_away(file, project, start, "db", "had not even begun")
        start.release("db")
        if start.wait_for_first_start("db"):
            keep_away(file, project, start, "db", "was still at its first start")
        start.release_first_start("db")
        start.finish(within=60)
        expect_one_start(project)
    # Postgres has its files now; this time it is Redis that comes late.
    project.remove(*[name for name in file.services if name != "db"])
    with HeldStart(project) as start:
        keep_away(file, project, start, "cache", "had not even begun")


def keep_away(file, project, start, database, why):
    """Nothing of the shop starts while a database does not answer."""
    waits = file.list_conditions("app")
    if "service_healthy" in waits.get(database, ()):
        start.wait_for_probes(database)
    else:
        wait_while_silent(project, start, PATIENT)
    [container] = project.list_containers(database) or [None]
    says_yes = container is not None and container.health == "healthy"
    if says_yes or any(each.state != "created" for each in project.list_containers("app")):
        wait_while_silent(project, start, DECIDED)
    start.expect_going()
    if not (said := find_start(project)):
        return
    if says_yes:
        step = (
            f"The health check of {database} says yes too early. Use a health check that asks the "
            "database itself, over the network: only by its socket does the first start answer."
        )
    elif file.service("app").restart_policy != "no":
        step = "A restart policy tries again and again; it does not wait."
    else:
        step = "A list in depends_on orders starts, and waits for nothing."
    raise CheckFailed(
        "a shop that starts once, when Postgres and Redis answer",
        f"it was started while {database} {why}: {said}",
        step,
    )


def wait_while_silent(project, start, seconds):
    """Give the shop time to say something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not find_start(project):
        start.expect_going()
        time.sleep(0.5)


def find_start(project):
    """Return what the shop has said of its start, good or in vain; empty if it has not begun."""
    lines = project.logs("app").splitlines()
    return next((line for line in lines if "cannot start" in line or "listens on" in line), "")


def expect_one_start(project):
    """The shop answers, and has never ended because a database was away."""
    http.get(project.url("app", 3000, "/health"), within=30).expect_json(
        GOOD, next_step="Look at what it says: docker compose logs app"
    )
    vain = [line for line in project.logs("app").splitlines() if "cannot start" in line]
    restarts = sum(each["RestartCount"] for each in project.inspect("app"))
    if vain or restarts:
        raise CheckFailed(
            "a shop that starts once, and stays",
            f"{len(vain) or restarts} failed starts: {vain[0] if vain else 'its log is silent'}",
            "It was started too early. Use a health check that asks the database itself, over "
            "the network.",
        )


@task("secret", timeout=START)
def test_password(compose, docker):
    """The password is out of sight, and the shop and the database use it all the same."""
    file = compose.file().expect_good_practice().expect_no_secret(PASSWORD)
    # whether the shop waits for its databases is another task's question
    project = file.project().up(*DATABASES).expect_sql("db", within=60)
    project.up()
    containers = project.inspect()
    known = {PASSWORD, *list_known(project)}
    expect_hidden(containers, known)
    for attrs in containers:
        expect_not_in_image(docker, attrs, known)
    http.get(project.url("app", 3000, "/health"), within=30).expect_json(
        GOOD,
        next_step="Does each get its file? Look at: docker compose exec app ls -l /run/secrets",
    )
    expect_asked(project)


def list_known(project):
    """The password that the database is given now: it may have been changed with good reason."""
    read = 'cat "$POSTGRES_PASSWORD_FILE" 2> /dev/null || printf %s "$POSTGRES_PASSWORD"'
    found = project.exec("db", ["sh", "-c", read]).text.strip()
    return [found] if len(found) >= 6 and not found.isalpha() else []


def expect_hidden(containers, known):
    """No password in what docker inspect says of containers."""
    for attrs in containers:
        service = attrs["Config"]["Labels"]["com.docker.compose.service"]
        for part in ("Env", "Cmd", "Entrypoint", "Labels", "Healthcheck"):
            text = json.dumps(attrs["Config"].get(part), ensure_ascii=False)
            for password in known:
                if how := describe_encoding(password, text):
                    raise CheckFailed(
                        f"no password in what docker inspect says of {service}",
                        f"it stands in {part}, {how}",
                        "A variable is not enough: docker inspect shows it to everybody. Use "
                        "`secrets:` and a setting that ends in _FILE.",
                    )


def expect_not_in_image(docker, attrs, known):
    """No password in the history of an image, and no file of the image that holds it."""
    service = attrs["Config"]["Labels"]["com.docker.compose.service"]
    image = docker.image(attrs["Image"])
    for line in image.history:
        for password in known:
            if how := describe_encoding(password, line):
                raise CheckFailed(
                    f"no password in the image of {service}",
                    f"docker history shows it, {how}",
                    "Whoever has the image has the password. Hand it over when the container "
                    "starts, with `secrets:`.",
                )
    for variable in attrs["Config"]["Env"]:
        name, _, path = variable.partition("=")
        if name.endswith("_FILE") and path.startswith("/"):
            image.expect_no_file(
                path,
                next_step=f"The image of {service} must not hold what {name} names: whoever has "
                "the image has the password. Hand the file over when the container starts.",
            )


def expect_asked(project):
    """The database still asks for the password, of those who come over the network."""
    ask = 'PGPASSWORD=wrong exec psql -X -h "$(hostname)" -U "${POSTGRES_USER:-postgres}" -c ""'
    answer = project.exec("db", ["sh", "-c", f"{ask} postgres"])
    if answer.status == 0:
        raise CheckFailed(
            "a database that asks for the password",
            "it lets anybody in with a wrong one",
            "Without a password there is nothing to keep out. Remove what switches it off, such "
            "as POSTGRES_HOST_AUTH_METHOD.",
        )


@task("again")
def test_policies(compose):
    """All three come back, unless you stopped them."""
    file = compose.file()
    for name in SERVICES:
        policy = file.service(name).restart_policy
        if policy != "unless-stopped":
            step = "Without a policy that says so, nothing comes back after the machine was off."
            if policy == "always":
                step = "When the engine starts, this one starts again what was stopped."
            if policy == "on-failure":
                step = "This one leaves a process alone that ends with status 0."
            raise CheckFailed(f"{name} with restart: unless-stopped", policy, step)
