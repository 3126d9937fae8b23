"""What must be true after the lab 'Push and pull'."""

import json
import re
from functools import cache
from pathlib import Path

from checker.checks import CheckFailed, http, task
from checker.checks.core.failure import describe_value, join_names
from checker.checks.docker.local_ports import expect_published_locally
from checker.checks.docker.registry import Registry
from checker.checks.docker.secrets import Secret
from checker.docker.connection import cli_environment

REGISTRY = "127.0.0.1:5002"
NAMES = (REGISTRY, "localhost:5002")
"""Two names of one registry, to Docker and to whoever types them."""

TAGS = "/var/lib/registry/docker/registry/v2/repositories/menu/_manifests/tags"
PASSWORD = "nutmeg-71"


@cache
def find_registry():
    """The registry, as ana sees it."""
    return Registry(REGISTRY, ("ana", PASSWORD))


def read_prices(reference):
    """The coins that tea costs in the list of an image, wherever it says so, and the list."""
    image = find_registry().image("menu", reference)
    data = image.read("/www/index.html")
    if data is None:
        raise CheckFailed(
            f"/www/index.html in {image.name}",
            "no such file",
            f"Build the folder menu: docker build -t {REGISTRY}/menu:1.0 menu",
        )
    text = data.decode(errors="replace")
    return re.findall(r"\btea:\s*(\d+)\s*coins?\b", text, re.I), text


def expect_price(tag, coins, next_step):
    """The list says what tea costs, once."""
    prices, text = read_prices(tag)
    if prices != [str(coins)]:
        raise CheckFailed(
            f"'Tea: {coins} coins' in menu:{tag}", describe_value(text.strip()), next_step
        )


def list_pushed(docker, tag):
    """Every digest that a tag has ever led to: the registry keeps a record of them."""
    folder = f"{TAGS}/{tag}/index/sha256"
    current = find_registry().image("menu", tag).digest
    older = []
    for registry in docker.containers(name="registry", running=True):
        record = registry.exec(["ls", folder])
        older += record.text.split() if record.status == 0 else []
    return [current, *(f"sha256:{each}" for each in older if f"sha256:{each}" != current)]


@task("push-first")
def test_version_is_there(docker):
    """The registry has the price list as menu, version 1.0, as it was in the folder."""
    found = [read_prices(digest) for digest in list_pushed(docker, "1.0")]
    # that a tag was moved later is said where the next task is judged
    if not any(prices == ["4"] for prices, _ in found):
        raise CheckFailed(
            "'Tea: 4 coins' in menu:1.0",
            describe_value(found[0][1].strip()),
            "Version 1.0 is the list as you got it. Write 'Tea: 4 coins' into menu/index.html "
            f"again, build it, and push it: docker push {REGISTRY}/menu:1.0",
        )


@task("new-price", requires="push-first")
def test_new_version():
    """Version 1.1 has the new price."""
    expect_price(
        "1.1", 5, "A tag only names an image. Change the file, build it again, push the new one."
    )


@task("new-price", requires="push-first")
def test_default():
    """Anyone who gives no version gets the list of 1.1."""
    prices, text = read_prices("latest")
    if (prices, text.strip()) != (["5"], read_prices("1.1")[1].strip()):
        raise CheckFailed(
            "the list of menu:1.1 in menu:latest",
            describe_value(text.strip()),
            "latest is a tag like any other: give it to the image of 1.1, and push it.",
        )


@task("new-price", requires="push-first")
def test_old_version_stays():
    """Version 1.0 is what it was."""
    expect_price(
        "1.0",
        4,
        "The tag 1.0 was moved: what the branch gets as 1.0 has changed under it. The first image "
        f"is still there, under its digest: docker image ls --digests {REGISTRY}/menu shows it. "
        "Give it the tag 1.0 again, and push that.",
    )


@task("pin", requires="push-first")
def test_branch_shows_the_old_price(docker):
    """The branch shows the first list at 127.0.0.1:8096, and at no other address."""
    expect_published_locally(docker.container("branch"), 8096)
    http.get("http://127.0.0.1:8096/", within=5).expect_text("Tea: 4 coins")


@task("pin", requires="push-first")
def test_branch_is_pinned(docker):
    """It was started from the registry's image by digest."""
    image = docker.container("branch").image
    name, _, digest = image.partition("@")
    expected = f"an image named {REGISTRY}/menu@sha256:..."
    if re.fullmatch(r"(sha256:)?[0-9a-f]{12,64}", image):
        step = "An image id is known to this machine only. The digest is what push and pull print."
        raise CheckFailed(expected, f"the image id {image[:19]}...", step)
    # a tag in front of the digest may stay: it is the digest that counts
    if not re.fullmatch(rf"({'|'.join(map(re.escape, NAMES))})/menu(:[\w.-]+)?", name):
        step = "The branch has no other place to get it from than the registry."
        raise CheckFailed(expected, image, step)
    if not digest:
        raise CheckFailed(expected, image, "A tag can be moved. Name the image by its digest.")
    # the tag 1.0 may have been moved since: the digest itself is asked for what it leads to
    prices, text = read_prices(digest)
    if prices != ["4"]:
        raise CheckFailed(
            "the digest of an image with 'Tea: 4 coins'",
            f"{digest[:19]}..., which has {describe_value(text.strip())!r}",
            "Another version is pinned. docker pull of version 1.0 prints its digest.",
        )


@task("log-out")
def test_docker_forgot():
    """Docker keeps no password for the registry, and what was pushed is still there."""
    find_registry().image("menu", "1.0")
    for folder in {Path(cli_environment()["DOCKER_CONFIG"]), Path.home() / ".docker"}:
        file = folder / "config.json"
        kept = json.loads(file.read_text()) if file.is_file() else {}
        logins = [*kept.get("auths", {}), *kept.get("credHelpers", {})]
        hosts = {each: each.partition("://")[2] or each for each in logins}
        if found := [key for key, host in hosts.items() if host.partition("/")[0] in NAMES]:
            raise CheckFailed(
                f"no login for {REGISTRY}",
                f"{file.name} has one for {join_names(found)}",
                f"Log out: docker logout {found[0]}",
            )


@task("log-out")
def test_password_is_gone(docker, workspace):
    """No file of your folder and no container has the password."""
    find_registry().image("menu", "1.0")
    secret = Secret(PASSWORD)
    found = secret.find_in_folder(workspace.folder())
    # the notebook keeps what was typed and shown, and saves itself when it likes
    if files := [file for file in found if not file.endswith(".ipynb")]:
        raise CheckFailed(
            "no file with the password in your folder",
            join_names(files),
            f"Remove it, once you no longer need it: rm {files[0]}",
        )
    for container in docker.containers():
        if found := secret.find_in_container(container):
            raise CheckFailed(
                "no container that was given the password",
                join_names(found),
                f"docker inspect shows it to everybody. Remove it: docker rm -f {container.name}",
            )


@task("log-out")
def test_images_do_not_tell(docker):
    """No version of the image gives the password away."""
    secret = Secret(PASSWORD)
    for tag in find_registry().list_tags("menu"):
        if found := find_registry().image("menu", tag).find_secret(secret):
            raise CheckFailed(
                f"no password in menu:{tag}",
                join_names(found),
                "Whoever pulls the image can read it. Build it again without the password, and "
                "push that.",
            )
