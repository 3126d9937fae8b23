"""What must be true after the lab 'Build an image'."""

import re
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from checker.checks import CheckFailed, http, task

BUILD = 150
"""Seconds for a check that builds: the first build installs packages from the network."""

STOPPING_SECONDS = 4


@contextmanager
def changed(workspace, names, text=""):
    """A copy of the learner's folder in which these files are different."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        copy = Path(folder) / "context"
        shutil.copytree(workspace.folder(), copy, symlinks=True)
        for name in names:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_text(text or f"changed {time.time_ns()}\n")
        yield copy


def built(docker, workspace):
    """The learner's image, built by the check."""
    return docker.build(workspace.folder())


def started(docker, image):
    """A container of the image, and its address once it listens."""
    shop = docker.run(image, ports=[3000])
    deadline = time.monotonic() + 10
    while "listens" not in shop.logs and shop.running and time.monotonic() < deadline:
        time.sleep(0.1)
        shop = docker.container(shop.id)
    if not shop.running:
        said = shop.logs.strip().splitlines() or ["nothing"]
        raise CheckFailed(
            "a container that keeps running",
            f"it ended with status {shop.exit_status}; its last words: {said[-1]}",
            "The shop is written for Node 24, and starts with: node src/server.js",
        )
    return shop, f"http://127.0.0.1:{shop.ports[3000][0].port}"


def installed_at(docker, image):
    """When npm wrote down what it installed: seconds since 1970, by the engine's clock."""
    marker = f"{image.workdir}/node_modules/.package-lock.json"
    answer = docker.run(image, ["60"], entrypoint="sleep").exec(["stat", "-c", "%Y", marker])
    if answer.status != 0:
        raise CheckFailed(
            f"packages that npm installed in {image.workdir}/node_modules",
            answer.text.strip(),
            "Set WORKDIR, and let npm install there.",
        )
    return int(answer.text)


@task("runs", timeout=BUILD)
def test_it_answers(docker, workspace):
    """A container of your image answers on port 3000, on Node 24."""
    _, address = started(docker, built(docker, workspace))
    http.get(f"{address}/health", within=5).expect_status(200)
    version = http.get(f"{address}/version").json["node"]
    if not version.startswith("v24."):
        raise CheckFailed("Node 24", version, "The base image decides which Node you get.")


def has_no_influence(docker, workspace, names):
    """Whether a build with another content of these files has the same layers."""
    before = built(docker, workspace)
    with changed(workspace, names) as copy:
        after = docker.build(copy)
    return before.layers == after.layers


@task("clean", requires="runs", timeout=BUILD)
def test_nothing_of_this_machine(docker, workspace):
    """No layer depends on .env or on the node_modules of your folder."""
    unwanted = [".env", "node_modules/left-over/index.js"]
    if has_no_influence(docker, workspace, unwanted):
        return
    arrives = [name for name in unwanted if not has_no_influence(docker, workspace, [name])]
    raise CheckFailed(
        f"{' and '.join(arrives)} never reach the builder",
        "with another content there the layers are others",
        "Keep it out with .dockerignore. To remove a file in a later step leaves it in the layer "
        "that copied it.",
    )


@task("exact", requires="runs", timeout=BUILD)
def test_lock_file_is_obeyed(docker, workspace):
    """A build fails if package.json and the lock file disagree."""
    package = re.sub(r'"pg": ".*?"', '"pg": "8.16.0"', workspace.file("package.json").text)
    with changed(workspace, ["package.json"], package) as copy:
        try:
            docker.build(copy)
        except CheckFailed:
            return
    raise CheckFailed(
        "a build that fails when package.json asks for another pg than the lock file has",
        "it was built, with packages that nobody tested",
        "npm install repairs the lock file and goes on; which command of npm refuses?",
    )


@task("exact", requires="runs", timeout=BUILD)
def test_no_developer_packages(docker, workspace):
    """prettier is not in the image."""
    image = built(docker, workspace)
    found = [path for path in image.files(image.workdir) if "/prettier/" in path]
    if found:
        raise CheckFailed(
            "no package that only developers need",
            f"{len(found)} files of prettier",
            "npm can omit a kind of dependency: see its option --omit.",
        )


@task("quick", requires="runs", timeout=BUILD)
def test_packages_are_not_installed_again(docker, workspace):
    """After a change in src the packages are those of the build before."""
    first = docker.run(built(docker, workspace), ["60"], entrypoint="sleep")
    began = int(first.exec(["date", "+%s"]).text)
    source = workspace.file("src/server.js").text
    with changed(workspace, ["src/server.js"], f"{source}// {time.time_ns()}\n") as copy:
        installed = installed_at(docker, docker.build(copy))
    if installed > began:
        raise CheckFailed(
            "packages that are kept when only src changes",
            "the second build installed them again",
            "Copy the source after the packages are installed.",
        )


@task("behaves", requires="runs", timeout=BUILD)
def test_not_root(docker, workspace):
    """The shop does not run as root."""
    built(docker, workspace).expect_not_root(
        next_step="The Node image brings an ordinary user: node."
    )


@task("behaves", requires="runs", timeout=BUILD)
def test_it_ends_by_itself(docker, workspace):
    """Signal 15 to process 1 ends it with status 0."""
    shop, _ = started(docker, built(docker, workspace))
    first = shop.exec("cat /proc/1/cmdline").text.replace("\0", " ").strip()
    shop.exec(["sh", "-c", "kill -TERM 1"])
    deadline = time.monotonic() + STOPPING_SECONDS
    while shop.running and time.monotonic() < deadline:
        time.sleep(0.1)
        shop = docker.container(shop.id)
    if shop.running or shop.exit_status != 0:
        found = "it did not end" if shop.running else f"it ended with status {shop.exit_status}"
        raise CheckFailed(
            "the shop ends with status 0 after signal 15",
            f"{found}; process 1 is: {first}",
            "The signal goes to process 1 alone. Let that be node: write CMD with brackets, "
            "without npm.",
        )
