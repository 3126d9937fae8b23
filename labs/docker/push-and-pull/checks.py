"""What must be true after the lab 'Push and pull'."""

import io
import json
import tarfile
from pathlib import Path

import httpx

from checker.checks import CheckFailed, http, task
from checker.docker.connection import cli_environment

REGISTRY = "127.0.0.1:5002"
ANA = ("ana", "nutmeg-71")
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


def ask(path, accept=()):
    """What the registry answers about the repository menu; redirects do not happen here."""
    headers = {"Accept": ", ".join(accept)} if accept else {}
    return httpx.get(
        f"http://{REGISTRY}/v2/menu/{path}", auth=ANA, headers=headers, timeout=5, trust_env=False
    )


def tags():
    """The tags of menu; none where there is no such repository."""
    answer = ask("tags/list")
    return (answer.json().get("tags") or []) if answer.status_code == 200 else []


def manifest(tag):
    """The digest that a tag leads to, and the manifest.

    Raises:
        CheckFailed: There is no such tag.
    """
    answer = ask(f"manifests/{tag}", (*INDEXES, *MANIFESTS))
    if answer.status_code != 200:
        raise CheckFailed(
            f"menu:{tag} in the registry {REGISTRY}",
            f"its tags of menu: {', '.join(tags()) or 'none'}",
            f"Push it: docker push {REGISTRY}/menu:{tag}",
        )
    return answer.headers["Docker-Content-Digest"], answer.json()


def price_list(tag):
    """The text of the price list in the image that a tag leads to."""
    _, found = manifest(tag)
    if found.get("mediaType") in INDEXES:
        found = ask(f"manifests/{found['manifests'][0]['digest']}", MANIFESTS).json()
    for layer in reversed(found["layers"]):
        blob = ask(f"blobs/{layer['digest']}").content
        with tarfile.open(fileobj=io.BytesIO(blob)) as files:
            if "www/index.html" in files.getnames():
                return files.extractfile("www/index.html").read().decode(errors="replace")
    raise CheckFailed(
        f"/www/index.html in menu:{tag}",
        "no layer has it",
        f"Build the folder menu: docker build -t {REGISTRY}/menu:{tag} menu",
    )


def expect_price(tag, coins, next_step):
    """The list says what tea costs."""
    text = price_list(tag)
    if f"Tea: {coins} coins" not in text:
        raise CheckFailed(f"'Tea: {coins} coins' in menu:{tag}", repr(text.strip()), next_step)


@task("push-first")
def test_version_is_there():
    """The registry has the price list as menu, version 1.0."""
    price_list("1.0")


@task("new-price", requires="push-first")
def test_new_version():
    """Version 1.1 has the new price."""
    expect_price(
        "1.1", 5, "A tag only names an image. Change the file, build it again, push the new one."
    )


@task("new-price", requires="push-first")
def test_default():
    """Who asks for no version gets 1.1."""
    if manifest("latest")[0] != manifest("1.1")[0]:
        raise CheckFailed(
            "one digest for menu:latest and menu:1.1",
            "two",
            "latest is a tag like any other: give it to the image of 1.1, and push it.",
        )


@task("new-price", requires="push-first")
def test_old_version_stays():
    """Version 1.0 is what it was."""
    expect_price(
        "1.0",
        4,
        "The tag 1.0 was moved: what the branch gets as 1.0 has changed under it. Build the old "
        "list again and push it as 1.0.",
    )


@task("pin", requires="push-first")
def test_branch_shows_the_old_price(docker):
    """The branch shows the first list at 127.0.0.1:8096."""
    branch = docker.container("branch").expect_running(next_step="See why: docker logs branch")
    branch.expect_published(8080, on="127.0.0.1", as_port=8096)
    http.get("http://127.0.0.1:8096/", within=5).expect_text("Tea: 4 coins")


@task("pin", requires="push-first")
def test_branch_is_pinned(docker):
    """It was started from the registry's image by digest."""
    branch = docker.container("branch")
    if branch.image.startswith("sha256:"):
        raise CheckFailed(
            f"an image named {REGISTRY}/menu@sha256:...",
            f"the image id {branch.image[:19]}...",
            "An image id is known to this machine only. The digest is what push and pull print.",
        )
    if not branch.image.startswith(f"{REGISTRY}/menu@sha256:"):
        raise CheckFailed(
            f"an image named {REGISTRY}/menu@sha256:...",
            branch.image,
            "A tag can be moved. Name the image by its digest.",
        )
    if branch.image.partition("@")[2] != manifest("1.0")[0]:
        raise CheckFailed(
            f"the digest of menu:1.0: {manifest('1.0')[0][:19]}...",
            branch.image.partition("@")[2][:19] + "...",
            "Another version is pinned. docker pull of version 1.0 prints its digest.",
        )


@task("log-out")
def test_docker_forgot():
    """Docker keeps no password for the registry, and what was pushed is still there."""
    manifest("1.0")
    file = Path(cli_environment()["DOCKER_CONFIG"]) / "config.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    if REGISTRY in kept.get("auths", {}):
        raise CheckFailed(
            f"no login for {REGISTRY}",
            f"{file.name} has one",
            f"Log out: docker logout {REGISTRY}",
        )


@task("log-out")
def test_file_is_gone(workspace):
    """The file with the password is gone."""
    workspace.file("password.txt").expect_missing()
