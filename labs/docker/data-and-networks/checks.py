"""What must be true after the lab 'Data and networks'."""

import shutil
import time
import uuid
from collections import Counter
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from checker.checks import CheckFailed, http, task
from checker.checks.core.failure import get_last_line, join_names
from checker.checks.docker.local_ports import expect_published_locally
from checker.checks.docker.storage import describe_mount, find_mount

DATA = "/var/lib/postgresql/data"
ORDERS = ["Assam tea|12", "cinnamon|3", "sugar|40"]
STARTING_SECONDS = 15
RESET = "If the first database is gone, start again with: ./course reset docker/data-and-networks"


def ask(db, sql, database="shop"):
    """What psql in the container prints; a server that is just starting gets a moment."""
    db.expect_running(next_step="See why: docker logs db")
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        words = ["psql", "-U", "shop", "-d", database, "-At", "-c", sql]
        answer = db.exec(words)
        failed = answer.status != 0 and "does not exist" not in answer.text
        if not failed or "authentication failed" in answer.text or time.monotonic() > deadline:
            return answer
        time.sleep(0.2)


def get_error(answer):
    """The line in which psql says what is wrong; what follows it shows the place only."""
    lines = answer.text.strip().splitlines() or ["nothing"]
    return next((line for line in lines if "ERROR:" in line or "FATAL:" in line), lines[0])


def find_version(container, command, start):
    """What behind START stands in the first line that a program of the container prints."""
    container.expect_running(next_step=f"See why: docker logs {container.name}")
    output = container.exec(command).text
    return output.partition(start)[2].split()[0] if start in output else get_last_line(output)


@task("keep-orders")
def test_postgres_runs(docker):
    """db runs Postgres 17, for the same user, with the same password."""
    db = docker.container("db")
    address = next(filter(None, db.addresses.values()), "127.0.0.1")
    login = f"postgresql://shop:cinnamon@{address}/shop"
    answer = ask(db, "SHOW server_version", login)
    if answer.status != 0:
        step = "Does it start, and listen on all its addresses? See: docker logs db"
        if "FATAL:" in answer.text:
            step = (
                "Run db with the settings that the first one had: -e POSTGRES_USER=shop "
                "-e POSTGRES_PASSWORD=cinnamon. They count only while its volume is empty."
            )
        raise CheckFailed(
            "Postgres lets shop into the database shop with the password cinnamon",
            get_error(answer),
            step,
        )
    if not answer.text.startswith("17"):
        raise CheckFailed(
            "db runs Postgres 17",
            f"it runs Postgres {answer.text.strip()}",
            "Run it from postgres:17.",
        )


@task("keep-orders")
def test_data_is_in_the_volume(docker):
    """The data of db is in the volume orders."""
    db = docker.container("db")
    place = ask(db, "SHOW data_directory")
    table = ask(db, "SELECT pg_relation_filepath('orders')")
    if place.status != 0 or table.status != 0:
        raise CheckFailed(
            "a table orders in the database shop",
            get_error(table if table.status else place),
            f"A new volume begins empty: bring the orders over from the first database. {RESET}",
        )
    folder = place.text.strip()
    for path in (folder, f"{folder}/pg_wal", f"{folder}/{table.text.strip()}"):
        expect_in_volume(docker, db, path)


def expect_in_volume(docker, db, path):
    """A file of the database is in the volume orders, wherever that is mounted."""
    # links lead out of a volume, and a tmpfs may be mounted into one: the kernel knows
    script = 'readlink -f "$1" && stat -f -c %T "$1"'
    answer = db.exec(["sh", "-c", script, "-", path])
    answer.expect_status(0)
    real, kind = answer.text.split("\n")[:2]
    mount = find_mount(db.mounts, real)
    if kind == "tmpfs":
        raise CheckFailed(
            f"{path} of db in the volume orders, on disk",
            "it is kept in memory, and lost when the container stops",
            "Once the orders are safe elsewhere, make the volume without options, and mount "
            "nothing in memory there: docker volume create orders",
        )
    if mount is None or mount.kind != "volume" or mount.source != "orders":
        found = f"it is in {describe_mount(mount)}"
        others = [each.target for each in db.mounts if each.source == "orders"]
        if others:
            found += f"; the volume orders is at {others[0]}"
    else:
        return
    raise CheckFailed(
        f"{path} of db in the volume orders",
        found,
        f"Postgres keeps its data at {DATA}, unless you tell it otherwise: remove db once the "
        f"orders are safe, and run it again with -v orders:{DATA}",
    )


@task("keep-orders")
def test_orders_are_there(docker):
    """The three orders are in the database."""
    answer = ask(docker.container("db"), "SELECT item, quantity FROM orders")
    lines = answer.text.split("\n") if answer.status == 0 else []
    counts = Counter(lines)
    if missing := [order for order in ORDERS if not counts[order]]:
        raise CheckFailed(
            "the three orders in the table orders",
            f"missing: {join_names(missing)}" if answer.status == 0 else get_error(answer),
            f"A new volume begins empty: bring the orders over from the first database. {RESET}",
        )
    if twice := [order for order in ORDERS if counts[order] > 1]:
        raise CheckFailed(
            "each of the three orders once in the table orders",
            f"more than once: {join_names(twice)}",
            "They were brought over more than once. Delete the duplicates, or begin with an "
            "empty volume.",
        )


@task("network")
def test_both_are_in_the_network(docker):
    """db and cache are in the network shop, and in no other one."""
    network = docker.network("shop")
    for name in ("db", "cache"):
        container = docker.container(name)
        container.expect_running(next_step=f"See why: docker logs {name}")
        network.expect_has(name)
        if others := [each for each in container.networks if each != "shop"]:
            raise CheckFailed(
                f"{name} in the network shop only",
                f"it is also in {join_names(others)}, where other containers can reach it",
                f"Take it out: docker network disconnect {others[0]} {name}",
            )


@task("network")
def test_both_answer_in_the_network(docker):
    """Postgres and Redis 8 answer at their addresses in the network."""
    docker.network("shop")
    db, cache = docker.container("db"), docker.container("cache")
    version = find_version(cache, ["redis-server", "--version"], "Redis server v=")
    if version.partition(".")[0] != "8":
        raise CheckFailed("cache runs Redis 8", version, "Run cache from redis:8.")
    for container, command, good in (
        (db, ["pg_isready", "-h"], "accepting connections"),
        (cache, ["redis-cli", "-h"], ("PONG", "NOAUTH")),
    ):
        expect_answer(container, command, good)


def expect_answer(container, command, good):
    """A server answers at its address in the network; one that is just starting gets a moment."""
    container.expect_network("shop")
    container.expect_running(next_step=f"See why: docker logs {container.name}")
    address = container.addresses["shop"]
    more = ["ping"] if command[0] == "redis-cli" else []
    deadline = time.monotonic() + STARTING_SECONDS
    while True:
        answer = container.exec([*command, address, *more]).text.strip()
        if answer.endswith(good) or answer.startswith(good):
            return
        if time.monotonic() > deadline:
            raise CheckFailed(
                f"{container.name} answers in the network shop, at {address}",
                get_last_line(answer),
                f"Does it listen on all its addresses? See: docker logs {container.name}",
            )
        time.sleep(0.2)


@task("network")
def test_nobody_outside_reaches_them(docker):
    """Neither publishes a port."""
    docker.network("shop")
    for name in ("db", "cache"):
        docker.container(name).expect_running().expect_not_published(
            next_step=f"Containers in one network need no published port. Remove {name} and run "
            "it again without -p."
        )


@task("shop")
def test_shop_is_published_here_only(docker):
    """The shop runs from shop:1.0.0, published at 127.0.0.1:8092 and nowhere else."""
    shop = docker.container("shop").expect_running(next_step="See why: docker logs shop")
    shop.expect_image("shop:1.0.0")
    expect_published_locally(shop, 8092)


@task("shop", requires="network")
def test_shop_reaches_both(docker):
    """The shop says that all is well."""
    docker.container("shop").expect_running(next_step="See why: docker logs shop")
    good = {"status": "ok", "database": "ok", "redis": "ok"}
    http.get("http://127.0.0.1:8092/health", within=5).expect_json(
        good,
        next_step="The shop could not reach the one that is not ok under the host of its URL. In "
        "a container, localhost and 127.0.0.1 are that container itself.",
    )


def find_host(shop, variable):
    """The host that a URL of the shop leads to; it reads VARIABLE, or a file that it names."""
    url = shop.env.get(variable, "")
    if file := shop.env.get(f"{variable}_FILE"):
        url = shop.file(file).text.strip()
    parts = urlsplit(url)
    # Postgres takes the host behind the question mark as well, or from a variable
    host = parse_qs(parts.query).get("host", [""])[0] or parts.hostname
    return (host or shop.env.get("PGHOST", "") or "no host").rstrip(".").lower()


@task("shop", requires="network")
def test_shop_asks_for_names(docker):
    """It asks for names, which lead to the next containers as well."""
    shop = docker.container("shop")
    tied = shop.file("/etc/hosts").text.lower().split()
    for variable, name in (("DATABASE_URL", "db"), ("REDIS_URL", "cache")):
        container = docker.container(name)
        host = find_host(shop, variable)
        settings = container.attrs["NetworkSettings"]["Networks"].get("shop") or {}
        aliases = set(settings.get("Aliases") or ()) - {container.id[:12]}
        names = {name, *(each.lower() for each in aliases)}
        if host.removesuffix(".shop") not in names:
            raise CheckFailed(
                f"{variable} with the host {name}",
                f"the host {host}" if host != "no host" else host,
                "A container's successor has another address and another id, but can have the "
                f"same name: use {name} as the host.",
            )
        if host in tied:
            raise CheckFailed(
                f"the name {host} is looked up in the network",
                f"/etc/hosts of the shop ties {host} to one address",
                "The successor has another address. Run shop again without --add-host; in the "
                "network shop, names are found without it.",
            )


@task("price-list")
def test_site_serves_the_file(docker, workspace):
    """nginx 1.26 serves the file of your folder at 127.0.0.1:8093, and nowhere else."""
    site = docker.container("site")
    version = find_version(site, ["nginx", "-v"], "nginx/")
    if not version.startswith("1.26."):
        raise CheckFailed("site runs nginx 1.26", version, "Run site from nginx:1.26.")
    expect_published_locally(site, 8093)
    http.get("http://127.0.0.1:8093/", within=5).expect_text(workspace.file("site/index.html").text)


@contextmanager
def new_page(workspace):
    """A page of this check's own next to the price list: its name, and what it says."""
    folder = workspace.folder("site")
    page = folder / f"course-check-{uuid.uuid4().hex}.html"
    try:
        page.write_text(uuid.uuid4().hex)
        if (folder / "index.html").exists():
            shutil.copymode(folder / "index.html", page)
        yield page.name, page.read_text()
    finally:
        page.unlink(missing_ok=True)


@task("price-list")
def test_site_shows_your_folder(docker, workspace):
    """What changes in your folder shows at once, and the server cannot change it."""
    site = docker.container("site").expect_running(next_step="See why: docker logs site")
    with new_page(workspace) as (name, text):
        answer = http.get(f"http://127.0.0.1:8093/{name}")
        if answer.status != 200 or answer.text.strip() != text:
            raise explain_stale(site)
        for place in find_file(site, name):
            expect_unwritable(site, place)


def explain_stale(site):
    """Why a new file in the folder does not show."""
    mounts = [each for each in site.mounts if each.kind != "tmpfs"]
    if not mounts:
        return CheckFailed(
            "a bind mount of your folder site",
            "site has no bind mount, so it serves a copy",
            "An edit would not show. Run it with -v and the full path of your folder.",
        )
    return CheckFailed(
        "a new file in your folder site is served at once",
        f"it is not; mounted: {join_names(f'{each.source} at {each.target}' for each in mounts)}",
        "Mount the whole folder site, where nginx looks for its pages. A single file that is "
        "mounted stays the old one when an editor replaces it, and a volume holds a copy.",
    )


def find_file(site, name):
    """Where a file is in the container: once in each mount that shows it."""
    found = []
    for mount in site.mounts:
        output = site.exec(["find", mount.target, "-name", name], user="0").text
        found += [line for line in output.splitlines() if line.endswith(f"/{name}")]
    return found


def expect_unwritable(site, path):
    """The user that the web server was started as can change neither file nor folder."""
    folder, _, name = path.rpartition("/")
    script = f'echo changed > "$1/{name}" || (mv "$1/{name}" "$1/{name}-2" && rm "$1/{name}-2")'
    if site.exec(["sh", "-c", script, "-", folder]).status == 0:
        raise CheckFailed(
            f"{folder} in site mounted read-only",
            "it can be written from inside",
            "Add :ro to the mount, so that the web server cannot change the prices.",
        )
