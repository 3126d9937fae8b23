"""What must be true after the lab 'Three services'."""

from pathlib import PurePosixPath

from checker.checks import CheckFailed, http, task

START = 150
"""Seconds for a check that starts the project: the first one builds the app."""

PASSWORD = "cinnamon-41"
DATA = "/var/lib/postgresql/data"


@task("describe")
def test_services(compose, workspace):
    """compose.yaml has the services app, db and cache."""
    file = compose.file()
    file.service("db").expect_image("postgres:17").expect_not_built()
    file.service("cache").expect_image("redis:8").expect_not_built()
    file.service("app").expect_built_from(workspace.folder("app"))


@task("describe")
def test_ports(compose):
    """Only port 3000 of the app is published, and only for this machine."""
    file = compose.file()
    file.service("app").expect_published(3000, as_port=8120)
    for service in file.all_services:
        service.expect_not_published(but=3000 if service.name == "app" else None)


@task("describe")
def test_good_practice(compose):
    """There is no password in the file, and no version."""
    compose.file().expect_good_practice().expect_no_secret(PASSWORD)


@task("together", requires="describe", timeout=START)
def test_health(compose):
    """When it is started, the shop says that all is well."""
    project = compose.file().start(within=60)
    expect_healthy(project)
    expect_connected(project)


def expect_healthy(project):
    """Wait until the shop reaches both databases; it tries again by itself."""
    project.expect_sql("db", within=60)
    good = {"status": "ok", "database": "ok", "redis": "ok"}
    http.get(project.url("app", 3000, "/health"), within=6).expect_json(
        good,
        next_step="What is away, the shop could not reach under the host in its URL, or not with "
        "that password. Services find each other by their names, and localhost is the container "
        "itself.",
    )


def expect_connected(project):
    """What the shop has reached are the services db and cache."""
    clients = "SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL"
    if project.sql("db", clients) == "0":
        raise CheckFailed(
            "the shop connected to the service db",
            "nobody is connected to it",
            "The host in DATABASE_URL must be db.",
        )
    # one that wants a password does not tell who is connected
    found = project.redis("cache", "CLIENT", "LIST")
    if "addr=" in found and all("addr=127.0.0.1" in line for line in found.splitlines()):
        raise CheckFailed(
            "the shop connected to the service cache",
            "nobody is connected to it",
            "The host in REDIS_URL must be cache.",
        )


@task("keep", requires="together", timeout=2 * START)
def test_orders(compose):
    """Orders survive stop and down, and are gone after down -v."""
    file = compose.file()
    expect_no_folder(file)
    project = file.start(within=60)
    expect_healthy(project)
    number = order_tea(project)
    expect_connected(project)
    project.stop()
    project.up(within=60)
    expect_kept(project, number, "stop")
    project.down()
    project.up(within=60)
    expect_kept(project, number, "down", explain_loss(file))
    project.down(volumes=True)
    project.up(within=60)
    expect_healthy(project)
    if number in list_orders(project):
        raise CheckFailed(
            "no orders after docker compose down -v",
            "they are still there",
            "That removes the project's volumes. Are the orders in one of them?",
        )


def order_tea(project):
    """Order something, over HTTP, and return the number of the order."""
    answer = http.post(
        project.url("app", 3000, "/orders"), json={"item": "tea for the check", "quantity": 2}
    ).expect_status(201)
    return answer.json["id"]


def list_orders(project):
    """Return the numbers of this check's orders; scripts of the database may have made others."""
    answer = http.get(project.url("app", 3000, "/orders")).expect_status(200)
    return [each["id"] for each in answer.json["orders"] if each["item"] == "tea for the check"]


def expect_kept(project, number, what, step="Give db a named volume."):
    """The order is still there."""
    expect_healthy(project)
    if number not in list_orders(project):
        expected = f"the order of two cups of tea after docker compose {what} and up"
        raise CheckFailed(expected, "it is gone", step)


def find_data_folder(db):
    """Where this Postgres keeps its data."""
    return PurePosixPath((db.attrs.get("environment") or {}).get("PGDATA") or DATA)


def expect_no_folder(file):
    """The data is in no folder of the machine, which down -v leaves and a check would write to."""
    db, volumes = file.service("db"), file.config.get("volumes") or {}
    data = find_data_folder(db)
    for mount in db.attrs.get("volumes") or []:
        options = (volumes.get(mount.get("source")) or {}).get("driver_opts") or {}
        folder = mount.get("source") if mount["type"] == "bind" else options.get("device")
        if folder and data.is_relative_to(mount["target"]):
            raise CheckFailed(
                "orders in a volume, which docker compose down -v removes",
                f"a folder of your machine, {PurePosixPath(folder).name}, at {mount['target']}",
                "Write a name instead of the path, and list it below `volumes:` at the top level.",
            )


def explain_loss(file):
    """Why orders do not survive, as far as the file tells."""
    db = file.service("db")
    data, mounts = find_data_folder(db), db.attrs.get("volumes") or []
    named = [each["target"] for each in mounts if each["type"] == "volume" and each.get("source")]
    if named and not any(data.is_relative_to(each) for each in named):
        return f"Your volume is at {named[0]}, but Postgres keeps its data in {data}."
    if named and str(data) not in named:
        return (
            f"Your volume is at {named[0]}, but the image puts one of its own at {DATA}, which "
            "goes with the container. Put yours there."
        )
    return "Containers are removed by down. Give db a named volume where its data is."
