"""What must be true after the lab 'Zero downtime on Swarm'."""

import tempfile
from pathlib import Path

from checker.checks import CheckFailed, task
from checker.checks.swarm.fixture import TooFewCopies

DOOR = "http://127.0.0.1:8093"
DOOR_FILE = "/usr/local/etc/haproxy/haproxy.cfg"
NOWHERE = "postgres://shop@127.0.0.1:1/shop"
RATE = 200
PATIENCE = 10
"""Seconds: a request that is only slow, on a machine with much to do, is not lost."""

COPIES = 2
GOOD = {"shop:1": "1", "shop:2": "2"}


@task("ready", timeout=150)
def test_health_check(swarm, docker, http):
    """The health check of shop knows a copy that works from one that does not."""
    shop = swarm.service("shop").settle(within=60).expect_health_check()
    command = shop.health_command
    image = shop.image if shop.image in GOOD else "shop:1"
    settings = dict(each.partition("=")[::2] for each in shop.container_spec.get("Env") or [])
    redis = docker.run("redis:8")
    [address] = redis.addresses.values()
    good = docker.run(image, env={**settings, "REDIS_URL": f"redis://{address}:6379"}, ports=[3000])
    bad = docker.run(image, env={**settings, "DATABASE_URL": NOWHERE}, ports=[3000])
    empty = docker.run(image, ["sleep", "600"], env=settings)
    for copy in (good, bad):
        url = f"http://127.0.0.1:{copy.ports[3000][0].port}/version"
        http.get(url, within=20).expect_status(200)
    url = f"http://127.0.0.1:{good.ports[3000][0].port}/health"
    http.get(url, within=20).expect_json({"status": "ok", "redis": "ok"})
    answer = good.exec(command)
    if answer.status != 0:
        raise CheckFailed(
            "a copy that works, and has a Redis, to be healthy",
            f"the health check ends with {answer.status} and says: {answer.text.strip()[:200]}",
            "Try it by hand: docker exec in one of the containers that docker ps shows.",
        )
    expect_unhealthy(bad, command, "whose database is away")
    expect_unhealthy(empty, command, "in which no shop runs")
    redis.exec("redis-cli shutdown nosave")
    http.get(url, within=20).expect_json({"redis": "away"})
    expect_unhealthy(good, command, "whose Redis has gone")
    # a check that is right, but too hasty or too strict for the real copies, leaves none
    shop.expect_running(COPIES, or_more=True, within=45)


def expect_unhealthy(copy, command, which):
    """The health check says no to a copy."""
    if copy.exec(command).status == 0:
        raise CheckFailed(
            f"a copy {which} to be unhealthy",
            "the health check is content with it",
            "Ask the shop how it is, and not only whether it is there, or how it is set.",
        )


@task("no-gap", requires="ready", timeout=240)
def test_nothing_is_lost(swarm, docker, probe):
    """Two rollouts under load lose none of at least 2,000 requests."""
    expect_same_door(docker)
    shop = swarm.service("shop").settle(within=60)
    shop.expect_running(COPIES, or_more=True, within=45)
    for image in list_rollouts(shop):
        deploy_under_load(shop, probe, image)


@task("bad-version", requires="ready", timeout=300)
def test_bad_version_goes_back(swarm, docker, probe):
    """Bad versions are taken back, and no user sees anything of them."""
    expect_same_door(docker)
    shop = swarm.service("shop").expect_failure_action("rollback").settle(within=60)
    if shop.image not in GOOD or shop.update_status.get("State") == "paused":
        # where the learner's own try has left it: from here there is no good version to go back to
        good = next(each for each in GOOD if each != shop.image)
        shop.deploy(good, within=90)
    shop.expect_running(COPIES, or_more=True, within=45)
    deploy_bad(shop, probe, "shop:3", "the address of its database is wrong")
    with tempfile.TemporaryDirectory() as folder:
        # of the image that runs, so that a health check in it is there as well
        lines = f"FROM {shop.image}\nENV VERSION=4 REDIS_URL=redis://127.0.0.1:1\n"
        (Path(folder) / "Dockerfile").write_text(lines)
        other = docker.build(Path(folder)).name
    deploy_bad(shop, probe, other, "the address of its Redis is wrong")


def deploy_bad(shop, probe, image, fault):
    """Roll a bad version out; it goes back, and nobody has seen it.

    Now and then Swarm itself stops a copy that works. When a bad copy ends while the rollout is
    taken back, Swarm starts one of the version before in its place, where the old one still is;
    of these two it keeps either. What the service is set to shows in two rollouts out of two.
    """
    try:
        take_back(shop, probe, image, fault)
    except TooFewCopies:
        shop.settle(within=90).expect_running(COPIES, or_more=True, within=45)
        take_back(shop, probe, image, fault)


def take_back(shop, probe, image, fault):
    """Roll a bad version out once, under load."""
    before = shop.image
    with probe.run(f"{DOOR}/version", rate=RATE, seconds=150, timeout=PATIENCE, within=10) as load:
        ended = shop.deploy(image, within=90, never_fewer=COPIES)
    if ended != "rollback_completed":
        raise CheckFailed(
            f"the rollout of a version in which {fault} is rolled back",
            f"it ended with {ended}",
            "Does the health check notice it? And what does Swarm do with a rollout that fails?",
        )
    load.expect_lost(0).expect_versions(GOOD[before])
    if others := [each for each in load.result.versions if each != GOOD[before]]:
        raise CheckFailed(
            f"answers of version {GOOD[before]} only",
            f"some were of version {', '.join(others)}",
            "A copy gets requests once its health check says yes. What does it ask?",
        )
    shop.expect_image(before).expect_running(COPIES, or_more=True, within=30)


def expect_same_door(docker):
    """The door passes on each request once, as in the beginning."""
    door = docker.container("door").expect_running().expect_image("haproxy:3.0")
    door.expect_published(80, on="127.0.0.1", as_port=8093)
    original = (Path(__file__).parent / "starter/haproxy.cfg").read_text().split("\n")
    found = door.file(DOOR_FILE).text.split("\n")
    known = {line.strip() for line in original}
    lines = [line.strip() for line in found if line.strip()]
    if lines != [line.strip() for line in original if line.strip()]:
        new = next((line for line in lines if line not in known), "lines are missing")
        raise CheckFailed(
            "the door as it was: it tries nothing a second time",
            f"its haproxy.cfg is another one: {new}",
            "Write haproxy.cfg as it was, then: docker restart door. Requests must not be lost "
            "in the first place; change the service.",
        )


def list_rollouts(shop):
    """The good image that does not run, and the one that does; after a bad one, both."""
    now = shop.image
    return ["shop:1", "shop:2"] if now not in GOOD else [*(set(GOOD) - {now}), now]


def deploy_under_load(shop, probe, image):
    """Roll a good version out while users ask for it."""
    before = shop.image
    with probe.load_rollout(DOOR, rate=RATE, seconds=150, timeout=PATIENCE, at_least=1000) as loads:
        ended = shop.deploy(image, within=90, never_fewer=COPIES)
    load, slow = loads
    if ended != "completed":
        step = "docker service inspect --pretty shop says why."
        raise CheckFailed(f"the rollout of {image} is completed", f"it ended with {ended}", step)
    load.expect_versions(*([GOOD[before]] if before in GOOD else []), GOOD[image])
    load.expect_lost(
        0,
        of_at_least=1000,
        next_step="When were they lost? Before a new copy could answer, or after an old one ended?",
    )
    slow.expect_lost(
        0,
        next_step="These take three seconds. An old copy must be allowed to finish what it has "
        "begun: with which signal is it told to end, and how much time does it get?",
    )
