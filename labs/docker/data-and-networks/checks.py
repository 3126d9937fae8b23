"""What must be true after the lab 'Data and networks'."""

import time
from urllib.parse import urlsplit

from checker.checks import CheckFailed, http, task

DATA = "/var/lib/postgresql/data"
ORDERS = "Assam tea|12\ncinnamon|3\nsugar|40"
STARTING_SECONDS = 10


def ask(db, sql):
    """What psql in the container prints; a server that is just starting gets a moment."""
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        words = ["psql", "-U", "shop", "-d", "shop", "-At", "-c", sql]
        answer = db.exec(words)
        if answer.status == 0 or "does not exist" in answer.text or time.monotonic() > deadline:
            return answer
        time.sleep(0.2)


@task("keep-orders")
def test_postgres_runs(docker):
    """db runs Postgres 17."""
    docker.container("db").expect_running().expect_image("postgres:17")


@task("keep-orders")
def test_data_is_in_the_volume(docker):
    """The data of db is in the volume orders."""
    db = docker.container("db")
    found = {mount.target: mount.source for mount in db.mounts}
    if found.get(DATA) == "orders":
        return
    elsewhere = [target for target, source in found.items() if source == "orders"]
    if elsewhere:
        raise CheckFailed(
            f"the volume orders at {DATA}",
            f"orders is at {elsewhere[0]}, and another volume is at {DATA}",
            f"The image asks for a volume at {DATA} by itself; mount orders exactly there.",
        )
    raise CheckFailed(
        f"the volume orders at {DATA}",
        f"a volume that nobody named: {found[DATA][:12]}..." if DATA in found else "no volume",
        f"A container gets its volumes when it is made: run it again with -v orders:{DATA}, "
        "once the orders are safe.",
    )


@task("keep-orders")
def test_orders_are_in_the_named_volume(docker):
    """The three orders are in that volume."""
    db = docker.container("db")
    if "orders" not in [mount.source for mount in db.mounts]:
        raise CheckFailed(
            "three orders in the volume orders",
            "db does not use that volume",
            "First run db with the volume orders.",
        )
    answer = ask(db, "SELECT item, quantity FROM orders ORDER BY item")
    if answer.text.strip() != ORDERS:
        raise CheckFailed(
            "the three orders in the table orders",
            answer.text.strip() or "an empty table",
            "A new volume begins empty: bring the orders over from the first database. "
            "If that is gone, start again with: ./course reset docker/data-and-networks",
        )


@task("network")
def test_both_are_in_the_network(docker):
    """db and cache are in the network shop."""
    network = docker.network("shop")
    docker.container("cache").expect_running().expect_image("redis:8")
    network.expect_has("db")
    network.expect_has("cache")


@task("network")
def test_nobody_outside_reaches_them(docker):
    """Neither publishes a port."""
    docker.network("shop")
    for name in ("db", "cache"):
        docker.container(name).expect_not_published(
            next_step=f"Containers in one network need no published port. Remove {name} and run "
            "it again without -p."
        )


@task("shop")
def test_shop_is_published_here_only(docker):
    """The shop answers at 127.0.0.1:8092, and at no other address."""
    shop = docker.container("shop").expect_running(next_step="See why: docker logs shop")
    shop.expect_image("shop:1.0.0")
    shop.expect_published(3000, on="127.0.0.1", as_port=8092)


@task("shop", requires="network")
def test_shop_reaches_both(docker):
    """The shop says that all is well."""
    docker.container("shop").expect_running(next_step="See why: docker logs shop")
    good = {"status": "ok", "database": "ok", "redis": "ok"}
    http.get("http://127.0.0.1:8092/health", within=5).expect_json(
        good,
        next_step="What is away, the shop could not reach under the host of its URL. In a "
        "container, localhost and 127.0.0.1 are that container itself.",
    )


@task("shop", requires="network")
def test_shop_asks_for_names(docker):
    """Its settings hold names, which lead to the next containers as well."""
    env = docker.container("shop").env
    for variable, name in (("DATABASE_URL", "db"), ("REDIS_URL", "cache")):
        host = urlsplit(env.get(variable, "")).hostname
        if host != name:
            raise CheckFailed(
                f"{variable} with the host {name}",
                f"the host {host}" if host else "no host",
                "A container's successor has another address, but can have the same name: "
                f"use {name} as the host.",
            )


@task("price-list")
def test_site_serves_the_file(docker, workspace):
    """The answer is the file in your folder."""
    docker.container("site").expect_running(next_step="See why: docker logs site")
    http.get("http://127.0.0.1:8093/", within=5).expect_text(workspace.file("site/index.html").text)


@task("price-list")
def test_site_shows_your_folder(docker):
    """It is the folder itself that is served, and the server cannot write to it."""
    site = docker.container("site")
    binds = [mount for mount in site.mounts if mount.kind == "bind"]
    if not binds:
        raise CheckFailed(
            "a bind mount of your folder site",
            "site has no bind mount, so it serves a copy",
            "An edit would not show. Run it with -v and the full path of your folder.",
        )
    if not binds[0].read_only:
        raise CheckFailed(
            f"{binds[0].target} mounted read-only",
            "it can be written",
            "Add :ro to the mount, so that the web server cannot change the prices.",
        )
