"""What must be true after the lab 'Zero downtime on Swarm'."""

from checker.checks import CheckFailed, task

DOOR = "http://127.0.0.1:8093"
NOWHERE = "postgres://shop@127.0.0.1:1/shop"
RATE = 200
PATIENCE = 10
"""Seconds: a request that is only slow, on a machine with much to do, is not lost."""

GOOD = {"shop:1": "1", "shop:2": "2"}


@task("ready", timeout=60)
def test_health_check(swarm, docker, http):
    """The health check of shop knows a copy that works from one whose database is away."""
    command = swarm.service("shop").expect_health_check().health_command
    good = docker.run("shop:1", ports=[3000])
    bad = docker.run("shop:1", env={"DATABASE_URL": NOWHERE}, ports=[3000])
    for copy in (good, bad):
        http.get(f"http://127.0.0.1:{copy.ports[3000][0].port}/version", within=20).expect_status(
            200
        )
    answer = good.exec(command)
    if answer.status != 0:
        raise CheckFailed(
            "a copy that works to be healthy",
            f"the health check ends with {answer.status} and says: {answer.text.strip()[:200]}",
            "Try it by hand: docker exec in one of the containers that docker ps shows.",
        )
    if bad.exec(command).status == 0:
        raise CheckFailed(
            "a copy whose database is away to be unhealthy",
            "the health check is content with it",
            "Ask the shop how it is, and not only whether it is there.",
        )


@task("no-gap", requires="ready", timeout=240)
def test_nothing_is_lost(swarm, probe):
    """Two rollouts under load lose none of at least 2,000 requests."""
    shop = swarm.service("shop").expect_order("start-first").expect_one_by_one()
    shop.settle(within=60).expect_running(2, within=30)
    for image in _there_and_back(shop):
        _deploy_under_load(shop, probe, image)


@task("bad-version", requires="ready", timeout=180)
def test_bad_version_goes_back(swarm, probe):
    """The bad version is taken back, and no user sees anything of it."""
    shop = swarm.service("shop").expect_failure_action("rollback")
    shop.settle(within=60).expect_running(2, within=30)
    before = shop.image
    with probe.run(f"{DOOR}/version", rate=RATE, seconds=150, timeout=PATIENCE, within=10) as load:
        ended = shop.deploy("shop:3", within=90)
    if ended != "rollback_completed":
        raise CheckFailed(
            "the rollout of shop:3 is rolled back",
            f"it ended with {ended}",
            "Does the health check notice that its database is away?",
        )
    load.expect_lost(0).expect_versions(GOOD[before])
    shop.expect_image(before)


def _there_and_back(shop):
    """The good image that does not run, and the one that does; after a bad one, both."""
    now = shop.image
    return ["shop:1", "shop:2"] if now not in GOOD else [*(set(GOOD) - {now}), now]


def _deploy_under_load(shop, probe, image):
    before = shop.image
    with probe.load_rollout(DOOR, rate=RATE, seconds=150, timeout=PATIENCE, at_least=1000) as loads:
        ended = shop.deploy(image, within=90)
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
