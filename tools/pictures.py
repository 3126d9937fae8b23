"""Makes the pictures of README.md: a page of the site, and a check that failed.

Run it after a change that shows: `PYTHONPATH=. .venv/bin/python tools/pictures.py`. It needs what
the tests need: an engine, and Chromium.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console

from checker.base import console, paths
from checker.devtools.testing import find_browser
from checker.labs import stage
from checker.labs.check import check_workspace
from checker.labs.lab import load_lab
from checker.labs.prove import open_session
from checker.labs.show import show_report
from checker.server import site

FOLDER = paths.docs() / "pictures"
LAB, TASK = "docker/everyday-commands", "broken"
ANSWER = r"printf 'container=till\nstatus=137\nreason=batch 2 baked\n' > incident.txt"
PAGE, SECTION = "docker/everyday-commands/", "#a-shell-in-a-new-container"
SIZE = {"width": 1280, "height": 720}
COLUMNS = 118
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on 127.0.0.1; gives its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def picture_of_a_page(target: Path) -> None:
    """Take a picture of a section of a page, as a reader sees it."""
    with tempfile.TemporaryDirectory() as folder:
        site.write_site(Path(folder) / "site")
        with served(Path(folder) / "site") as address, sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            page = started.new_page(viewport=SIZE, color_scheme="light")
            page.goto(f"{address}{PAGE}{SECTION}", wait_until="load")
            page.wait_for_function(
                "document.getAnimations().every(each => each.playState !== 'running')"
            )
            page.screenshot(path=target, animations="disabled")
            started.close()


def picture_of_a_check(target: Path) -> None:
    """Draw what a learner is told who has mistaken one container for another."""
    lab = load_lab(LAB)
    with open_session(lab, "picture"), tempfile.TemporaryDirectory() as folder:
        stage.copy_missing_files(lab.folder / "starter", Path(folder))
        stage.run_setup(lab, Path(folder))
        stage.run_script(ANSWER, Path(folder))
        report = check_workspace(lab, TASK, Path(folder))
    with Path("/dev/null").open("w") as nowhere:
        console.out = Console(
            record=True, width=COLUMNS, file=nowhere, force_terminal=True, highlight=False
        )
        console.out.print(f"$ ./course check {LAB} {TASK}")
        show_report(report)
    target.write_text(_without_fonts(console.out.export_svg(title="./course check")))


def _without_fonts(svg: str) -> str:
    """rich names a font on the internet; the reader's own will do."""
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def main() -> None:
    """Write both."""
    FOLDER.mkdir(exist_ok=True)
    picture_of_a_check(FOLDER / "check.svg")
    picture_of_a_page(FOLDER / "page.png")


if __name__ == "__main__":
    main()
