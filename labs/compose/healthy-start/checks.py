"""What must be true after the lab 'Healthy start'."""

from checker.checks import CheckFailed, http, task

START = 150
"""Seconds for the check that starts the project: the first one builds the app."""

LATE = {"db": 5}
DATABASES = ("db", "cache")
SERVICES = ("app", *DATABASES)


@task("wait", timeout=START)
def test_late_databases(compose):
    """The shop starts once, when its databases answer, however late they are."""
    file = compose.file()
    expect_conditions(file.service("app"))
    project = file.start(within=60, late=LATE, wait=False)
    good = {"status": "ok", "database": "ok", "redis": "ok"}
    try:
        http.get(project.url("app", 3000, "/health"), within=10).expect_json(good)
    except CheckFailed:
        expect_no_vain_start(project)
        raise
    expect_no_vain_start(project)


def expect_no_vain_start(project):
    """The shop has not ended because a database was away."""
    vain = [line for line in project.logs("app").splitlines() if "cannot start" in line]
    if vain:
        raise CheckFailed(
            "a shop that starts once, and stays",
            f"{len(vain)} in vain: {vain[0]}",
            "It was started too early. Use a health check that asks the database itself, over "
            "the network.",
        )


def expect_conditions(app):
    """The file says for each database that the shop waits until it is healthy."""
    for name in DATABASES:
        condition = app.depends_on.get(name, "nothing")
        if condition != "service_healthy":
            step = "A list in depends_on orders starts, and waits for nothing."
            if app.attrs.get("restart"):
                step = "A restart policy tries again in vain; it does not wait."
            raise CheckFailed(f"app to wait until {name} is healthy", condition, step)


@task("secret")
def test_good_practice(compose):
    """There is no password in the file."""
    compose.file().expect_good_practice()


@task("secret")
def test_environment(compose):
    """No container has the password in its environment, but in a file."""
    file = compose.file()
    for name, key in (("app", "DATABASE_URL"), ("db", "POSTGRES_PASSWORD")):
        environment = file.service(name).attrs.get("environment") or {}
        if key in environment or f"{key}_FILE" not in environment:
            raise CheckFailed(
                f"{name} with {key}_FILE in its environment, and without {key}",
                ", ".join(sorted(environment)) or "nothing",
                "A variable is not enough: docker inspect shows it to everybody. Use `secrets:` "
                "and a setting that ends in _FILE.",
            )


@task("again")
def test_policies(compose):
    """All three come back, unless you stopped them."""
    file = compose.file()
    for name in SERVICES:
        policy = file.service(name).attrs.get("restart", "no policy")
        if policy != "unless-stopped":
            step = "Without a policy that says so, nothing comes back after the machine was off."
            if policy == "always":
                step = "When the engine starts, this one starts again what was stopped."
            raise CheckFailed(f"{name} with restart: unless-stopped", policy, step)
