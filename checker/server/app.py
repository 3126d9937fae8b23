"""`./course up` and `./course down`: one server for the site, the labs and their checks."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from checker.base import console
from checker.server import instance, settings, site

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def up(port: int, open_browser: bool, assume_yes: bool) -> None:
    """Make the machine ready and serve the course until Ctrl-C or `./course down`.

    Args:
        port: On 127.0.0.1; 0 takes any that is free.
        open_browser: Open the home page once it is there.
        assume_yes: Install what is missing without asking.

    Raises:
        CourseError: The port is taken; the message says by whom.
        CouldNotFindOut: There is no engine, and none could be had.
    """
    open_browser = open_browser and _has_screen()
    try:
        with instance.alone():
            chosen = instance.free_port(port)
            folder = _make_ready(assume_yes)
            _serve(chosen, folder, open_browser)
    except instance.AlreadyUp as already:
        if already.other is None:
            raise
        _point_to(already.other.url, open_browser)


def _has_screen() -> bool:
    """Without one, Python would open a browser that takes over the terminal."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in names)


def _make_ready(assume_yes: bool) -> Path:
    from checker.docker import docker_engine
    from checker.labs import notebook

    docker_engine.ensure(assume_yes=assume_yes)
    os.environ.update(settings.environment())
    notebook.ensure_kernels()
    settings.write()
    return site.build()


def _serve(port: int, folder: Path, open_browser: bool) -> None:
    from jupyter_server.serverapp import ServerApp

    server = ServerApp.instance(config=settings.config(port, open_browser, folder))
    server.initialize([])
    address = _address(server)
    instance.announce(address)
    console.out.print(f"The course is at  [bold]{address}[/bold]")
    console.out.print("Ctrl-C stops it here; ./course down also removes what it made.")
    server.start()
    console.out.print("The course has stopped. ./course up starts it again.")


def _address(server: ServerApp) -> str:
    token = server.identity_provider.token
    return f"http://127.0.0.1:{server.port}{settings.HOME}?token={token}"


def _point_to(url: str, open_browser: bool) -> None:
    console.out.print(f"The course is already up, at  [bold]{url}[/bold]")
    if open_browser:
        webbrowser.open(url)


def down(purge: bool) -> None:
    """Stop the server and the engines, and remove what the course made.

    Args:
        purge: Remove the caches as well.

    Raises:
        CouldNotFindOut: Something could not be stopped or removed.
    """
    from checker.machine.cleanup import clean_up
    from checker.sandbox import background_recorder

    if instance.stop():
        console.out.print("The server has stopped.")
    background_recorder.stop()
    clean_up(purge)
