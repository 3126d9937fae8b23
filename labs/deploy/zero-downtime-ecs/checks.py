"""What must be true after the lab 'Zero downtime on ECS'."""

import os

from checker.checks import CheckFailed, http, task

FRONT = f"{os.environ['AWS_ENDPOINT_URL']}/_alb/front"
RATE = 200
PATIENCE = 10
"""Seconds: a request that is only slow, on a machine with much to do, is not lost."""

SLOW_MS = 3500
"""A task has the deregistration delay and then its stopTimeout, 2 s, for what is under way. Half a
second more than a whole number, so that no whole delay is just enough: 1 s never is, 2 s always."""

TASKS = 3
ILL_SECONDS = 120
BACK_SECONDS = 150
GOOD = {"shop:1": "1", "shop:2": "2"}


@task("ready", timeout=60)
def test_health_check(ecs):
    """The load balancer asks for /health, and takes no error for healthy."""
    shop = ecs.cluster("market").service("shop")
    shop.expect_health_check("/health").expect_behind("front", within=40)


@task("no-gap", requires="ready", timeout=240)
def test_nothing_is_lost(ecs, probe):
    """Two rollouts under load lose none of at least 2,000 requests."""
    shop = ecs.cluster("market").service("shop").expect_left(TASKS)
    shop.expect_illness_noticed(ILL_SECONDS)
    shop.settle(within=60).expect_behind("front", within=30)
    for definition in _there_and_back(shop):
        _deploy_under_load(shop, probe, definition)


@task("bad-version", requires="ready", timeout=330)
def test_bad_version_goes_back(ecs, probe):
    """The bad version is taken back, and no user sees anything of it."""
    shop = ecs.cluster("market").service("shop").expect_rollback()
    shop.settle(within=60).expect_behind("front", within=30)
    before = shop.definition.name
    version = http.get(f"{FRONT}/version", within=10).json["version"]
    with probe.run(f"{FRONT}/version", rate=RATE, seconds=240, timeout=PATIENCE, within=10) as load:
        ended = shop.deploy("shop:3", within=BACK_SECONDS)
    if ended != "rolled back":
        raise CheckFailed(
            "the rollout of shop:3 is rolled back",
            f"it ended with {ended}",
            "Does the health check notice that its database is away?",
        )
    load.expect_lost(0).expect_versions(version)
    shop.expect_definition(before)


def _there_and_back(shop):
    """The good revision that does not run, and the one that does; after a bad one, both."""
    now = shop.definition.name
    return ["shop:1", "shop:2"] if now not in GOOD else [*(set(GOOD) - {now}), now]


def _deploy_under_load(shop, probe, definition):
    before = shop.definition.name
    with probe.load_rollout(
        FRONT, rate=RATE, seconds=150, timeout=PATIENCE, at_least=1000, slow_ms=SLOW_MS
    ) as loads:
        ended = shop.deploy(definition, within=90)
    load, slow = loads
    if ended != "completed":
        step = "aws ecs describe-services tells its events."
        raise CheckFailed(f"the rollout of {definition} is completed", f"it ended: {ended}", step)
    load.expect_versions(*([GOOD[before]] if before in GOOD else []), GOOD[definition])
    load.expect_lost(
        0,
        of_at_least=1000,
        next_step="When were they lost? Before a new task could answer, or after an old one ended?",
    )
    slow.expect_lost(
        0,
        next_step="These take three and a half seconds. How long does the load balancer wait for "
        "requests under way before a task that must go is told to end, and how long has the task "
        "after that?",
    )
