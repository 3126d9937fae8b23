"""What must be true after the lab 'Three services'."""

from checker.checks import CheckFailed, http, task

START = 150
"""Seconds for a check that starts the project: the first one builds the app."""

DATA = "/var/lib/postgresql/data"


@task("describe")
def test_services(compose):
    """compose.yaml has the services app, db and cache."""
    file = compose.file()
    file.service("db").expect_image("postgres:17")
    file.service("cache").expect_image("redis:8")
    if not file.service("app").attrs.get("build"):
        raise CheckFailed("app built from the folder app", "no `build:`", "Write: build: app")


@task("describe")
def test_ports(compose):
    """Only the app is published, and only for this machine."""
    file = compose.file()
    file.service("app").expect_published(3000, as_port=8120)
    file.service("db").expect_not_published()
    file.service("cache").expect_not_published()


@task("describe")
def test_good_practice(compose):
    """There is no password in the file, and nothing that Compose ignores."""
    compose.file().expect_good_practice()


@task("together", requires="describe", timeout=START)
def test_health(compose):
    """When it is started, the shop says that all is well."""
    project = compose.file().start(within=60)
    healthy(project)


def healthy(project):
    """Wait until the shop reaches both databases; it tries again by itself."""
    project.expect_sql("db", within=60)
    good = {"status": "ok", "database": "ok", "redis": "ok"}
    http.get(project.url("app", 3000, "/health"), within=6).expect_json(
        good,
        next_step="What is away, the shop could not reach under the host in its URL, or not with "
        "that password. Services find each other by their names, and localhost is the container "
        "itself.",
    )


def order(project):
    """Order tea, over HTTP; what the database then holds, in SQL."""
    healthy(project)
    http.post(
        project.url("app", 3000, "/orders"), json={"item": "tea", "quantity": 2}
    ).expect_status(201)
    return project.sql("db", "SELECT item, quantity FROM orders")


@task("keep", requires="together", timeout=2 * START)
def test_orders(compose):
    """Orders survive stop and down, and are gone after down -v."""
    file = compose.file()
    project = file.start(within=60)
    if order(project) != "tea|2":
        raise CheckFailed("one order in the service db", "none", "The app must use this database.")
    project.stop()
    project.up(within=60)
    healthy(project)
    expect_kept(project, "stop")
    project.down()
    project.up(within=60)
    healthy(project)
    expect_kept(project, "down", elsewhere(file))
    project.down(volumes=True)
    project.up(within=60)
    healthy(project)
    if project.sql("db", "SELECT to_regclass('orders')"):
        raise CheckFailed(
            "no orders after docker compose down -v",
            "they are still there",
            "That removes the project's volumes. A folder of your machine is none.",
        )


def expect_kept(project, what, step="Give db a named volume."):
    """The order is still there, in the database itself."""
    found = "no table of orders"
    if project.sql("db", "SELECT to_regclass('orders')"):
        found = project.sql("db", "SELECT item, quantity FROM orders") or "an empty table"
    if found != "tea|2":
        raise CheckFailed(f"the order tea|2 after docker compose {what} and up", found, step)


def elsewhere(file):
    """Why orders do not survive, as far as the file tells."""
    mounts = file.service("db").attrs.get("volumes") or []
    named = [each["target"] for each in mounts if each["type"] == "volume" and each.get("source")]
    if named and DATA not in named:
        return f"Your volume is at {named[0]}, but Postgres 17 keeps its data in {DATA}."
    return "Containers are removed by down. Give db a named volume where its data is."
