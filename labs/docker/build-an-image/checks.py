"""What must be true after the lab 'Build an image'."""

import json
import re
import shutil
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from checker.checks import CheckFailed, http, task
from checker.checks.core.failure import get_last_line, join_names
from checker.checks.docker.process_list import expect_clean_stop, inspect_again, list_processes

BUILD = 150
"""Seconds for a check that builds: the first build installs packages from the network."""

STARTING_SECONDS = 15
STOPPING_SECONDS = 5
KEY = "tiger-7041"

INSTALLS = re.compile(
    r"\b(npm|pnpm|yarn|bun|npx)\b(\s+-\S+)*\s+"
    r"(ci|clean-install|install|install-clean|i|ic|add|isntall)\b|\byarn\s*($|&&|;|--)",
    re.M,
)
INSTALLED = re.compile(r"^added \d+ packages?", re.M)
"""How npm says at the end that it installed something."""


@contextmanager
def changed(workspace, files):
    """A copy of the learner's folder in which these files are different, or new."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        copy = Path(folder) / "context"
        shutil.copytree(workspace.folder(), copy, symlinks=True)
        for name, text in files.items():
            path = copy / name
            # a link may lead out of the copy, to what the learner has there
            for each in (*reversed(path.parents[: len(Path(name).parts) - 1]), path):
                if each.is_symlink():
                    each.unlink()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        yield copy


def built(docker, workspace):
    """The learner's image, built by the check."""
    return docker.build(workspace.folder())


def started(docker, image):
    """A container of the image, and its address once it answers."""
    shop = docker.run(image, ports=[3000])
    deadline = time.monotonic() + STARTING_SECONDS
    while (bound := shop.ports.get(3000)) and time.monotonic() < deadline:
        address = f"http://127.0.0.1:{bound[0].port}"
        try:
            http.get(f"{address}/health").expect_status(200)
        except CheckFailed as failed:
            last = failed
            time.sleep(0.2)
            shop = inspect_again(shop)
        else:
            return shop, address
    shop = inspect_again(shop)
    if not shop.running:
        # Node ends with its version; what went wrong stands before it
        errors = [line for line in shop.logs.splitlines() if "Error" in line]
        words = errors[0].strip() if errors else get_last_line(shop.logs)
        raise CheckFailed(
            "a container that keeps running",
            f"it ended with status {shop.exit_status}; its last words: {words}",
            "The shop is written for Node 24, and starts with: node src/server.js",
        )
    raise last


@task("runs", timeout=BUILD)
def test_it_answers(docker, workspace):
    """A container of your image answers on port 3000, on Node 24."""
    _, address = started(docker, built(docker, workspace))
    version = http.get(f"{address}/version").json["node"]
    if not version.startswith("v24."):
        raise CheckFailed("Node 24", version, "The base image decides which Node you get.")


def rebuilt(docker, workspace, before, names, text=""):
    """The steps that a build does once more when these files are different."""
    # what an earlier build has seen is in the cache, so that it must be another text each time
    text += f"// {uuid.uuid4().hex}\n"
    with changed(workspace, dict.fromkeys(names, text)) as copy:
        after = docker.build(copy)
    steps = [step for step in after.build_steps if not step.cached]
    # a step that fetches from elsewhere asks there each time
    steps = [step for step in steps if not re.match(r"ADD\b.*(https?://|git@)", step.instruction)]
    return steps or ([] if before.layers == after.layers else after.build_steps[-1:])


@task("clean", requires="runs", timeout=BUILD)
def test_nothing_of_this_machine(docker, workspace):
    """.env and node_modules never reach the builder, and the key is nowhere in the image."""
    packages = ["left-over", f"course-check-{uuid.uuid4().hex}"]
    unwanted = {
        ".env": [".env"],
        "node_modules": [f"node_modules/{each}/index.js" for each in packages],
    }
    image = built(docker, workspace)
    if steps := rebuilt(docker, workspace, image, chain(*unwanted.values())):
        arrives = [
            name for name, files in unwanted.items() if rebuilt(docker, workspace, image, files)
        ]
        raise CheckFailed(
            f"a builder that never gets {join_names(arrives or unwanted)}",
            f"with another content there this step is run again: {steps[0].instruction}",
            "Keep it out with .dockerignore. To remove a file in a later step leaves it in the "
            "layer that copied it, and the builder keeps a stage that only builds.",
        )
    image.expect_no_secret(
        KEY,
        next_step="Neither files nor settings of an image are secret. Take the key out of the "
        "Dockerfile, and keep each file that holds it out with .dockerignore.",
    )


@task("exact", requires="runs", timeout=BUILD)
def test_lock_file_is_obeyed(docker, workspace):
    """A build fails if package.json and the lock file disagree."""
    package = workspace.file("package.json").json
    package["dependencies"]["pg"] = "8.16.0"
    with changed(workspace, {"package.json": json.dumps(package, indent=2)}) as copy:
        try:
            docker.build(copy)
        except CheckFailed:
            return
    raise CheckFailed(
        "a build that fails when package.json asks for another pg than the lock file has",
        "it was built, with packages that nobody tested",
        "npm install repairs the lock file and goes on; which command of npm refuses?",
    )


def list_packages(image):
    """Every package below a node_modules of the image: path, name and version."""
    found = {}
    for path, data in image.read_all("/", "package.json").items():
        # packages have such a file of their own; folders inside of them may have some more
        if re.search(r"/node_modules/(@[^/]+/)?[^/]+/package\.json$", path):
            with suppress(ValueError):
                package = json.loads(data)
                found[path] = (package.get("name"), package.get("version"))
    return found


@task("exact", requires="runs", timeout=BUILD)
def test_packages_of_the_lock_file(docker, workspace):
    """The image has the packages of the lock file, and none that only developers need."""
    lock = workspace.file("package-lock.json").json["packages"]
    wanted, unwanted = {}, {}
    for path, each in lock.items():
        if path and not each.get("optional"):
            kind = unwanted if each.get("dev") else wanted
            kind[path.rpartition("node_modules/")[2]] = each["version"]
    packages = list_packages(built(docker, workspace))
    if extra := [path for path, (name, _) in packages.items() if name in unwanted]:
        raise CheckFailed(
            "no package that only developers need",
            join_names(extra),
            "npm can omit a kind of dependency: see its option --omit.",
        )
    for name, version in wanted.items():
        found = [each for package, each in packages.values() if package == name]
        if version not in found:
            raise CheckFailed(
                f"{name} {version} in the image, as in package-lock.json",
                join_names(found, "no such package"),
                "Install the packages while the image is built, with what npm has for a lock file.",
            )
    expect_no_others(packages, wanted, lock)


def expect_no_others(packages, wanted, lock):
    """Next to pg, among the shop's packages, there is none that the lock file does not have."""
    known = {path.rpartition("node_modules/")[2] for path in lock}
    folders = {
        path.removesuffix("pg/package.json")
        for path in packages
        if path.endswith("/node_modules/pg/package.json")
    }
    for path, (name, _) in packages.items():
        if any(path.startswith(folder) for folder in folders) and name not in known:
            raise CheckFailed(
                "only packages of package-lock.json next to pg",
                path,
                "Nobody tested it. If the shop needs it, it belongs in package.json and in the "
                "lock file; if not, leave it out.",
            )


@task("quick", requires="runs", timeout=BUILD)
def test_packages_are_not_installed_again(docker, workspace):
    """After a change in src, the build installs no package again."""
    source = workspace.file("src/server.js").text
    image = built(docker, workspace)
    for step in rebuilt(docker, workspace, image, ["src/server.js"], source):
        if step.instruction.startswith("RUN ") and (
            INSTALLS.search(step.instruction) or INSTALLED.search(step.output)
        ):
            raise CheckFailed(
                "packages that are kept when only src changes",
                f"the second build installed them again: {step.instruction}",
                "Copy the source after the packages are installed.",
            )


@task("behaves", requires="runs", timeout=BUILD)
def test_not_root(docker, workspace):
    """The shop does not run as root."""
    shop, _ = started(docker, built(docker, workspace))
    family = list_processes(shop)
    servers = [each for each in family if each.program == "node"] or family
    for process in servers:
        if process.uid == 0:
            raise CheckFailed(
                "the shop does not run as root",
                f"it runs as user 0, which is root: {process.command}",
                "The Node image brings an ordinary user: node. Name it with USER.",
            )


@task("behaves", requires="runs", timeout=BUILD)
def test_it_ends_by_itself(docker, workspace):
    """When docker stop asks the shop to end, it ends by itself, with status 0."""
    shop, _ = started(docker, built(docker, workspace))
    expect_clean_stop(
        shop,
        STOPPING_SECONDS,
        next_step="The signal goes to process 1 alone. Let that be node: write CMD with brackets, "
        "without npm.",
    )
