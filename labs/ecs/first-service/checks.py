"""What must be true after the lab 'First service'."""

from checker.checks import http, task

IMAGE = "shop:1"
START_SECONDS = 25
LASTING_SECONDS = 6
ADDRESS = "http://127.0.0.1:8350/"


@task("recipe")
def test_recipe(ecs):
    """The newest revision of counter has image, memory, greeting and ports."""
    counter = ecs.definition("counter")
    counter.expect_image(IMAGE)
    counter.expect_memory(
        least=64,
        most=256,
        next_step="Node needs some 60 MiB to begin with: with less the kernel kills it. "
        "Register another revision.",
    )
    counter.expect_environment("GREETING", "Fresh bread")
    counter.expect_port(3000, host=8350)


@task("counter", requires="recipe", timeout=60)
def test_counter(ecs):
    """The service counter runs one task of the newest revision."""
    newest = ecs.definition("counter")
    service = ecs.cluster("bakery").service("counter")
    service.expect_desired(1).expect_revision(newest.revision)
    service.expect_running(1, within=START_SECONDS)


@task("counter", requires="recipe", timeout=60)
def test_answers():
    """Port 8350 of your machine says Fresh bread."""
    http.get(ADDRESS, within=START_SECONDS).expect_status(200).expect_contains("Fresh bread")


@task("till", timeout=60)
def test_till(ecs):
    """The service till has one running task of the family till."""
    till = ecs.cluster("bakery").service("till").expect_desired(1)
    till.definition.expect_image(IMAGE)
    till.definition.expect_memory(
        least=32,
        next_step="A revision never changes: register till again with more memory, then move the "
        "service to the new revision with update-service.",
    )
    till.expect_running(1, within=START_SECONDS, lasting=LASTING_SECONDS)


@task("window", timeout=60)
def test_window(ecs):
    """Both tasks of window say open."""
    window = ecs.cluster("bakery").service("window").expect_desired(2)
    window.expect_revision(2)
    window.expect_steady(within=START_SECONDS).expect_running(2, within=START_SECONDS)
    for each in window.tasks:
        port = each.host_ports[3000]
        http.get(f"http://127.0.0.1:{port}/", within=START_SECONDS).expect_contains("open")
