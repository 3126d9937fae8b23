"""`./course up` and `./course down`: one server for the site, the labs and their checks."""

from __future__ import annotations

import os
import sys
import webbrowser
from dataclasses import replace
from pathlib import Path

from checker.base import console
from checker.base.settings import current_settings, use_settings
from checker.orchestrators import registry
from checker.server import instance, settings, site


def serve_course(port: int, open_browser: bool, assume_yes: bool) -> None:
    """Make the machine ready and serve the course until Ctrl-C or `./course down`.

    It is at the port on 127.0.0.1; 0 takes any that is free. Nothing is asked with `assume_yes`.

    Raises:
        CourseError: The port is taken; the message says by whom.
        CouldNotFindOut: There is no engine, and none could be had.
    """
    open_browser = open_browser and has_screen()
    try:
        with instance.claim_server():
            chosen = instance.find_free_port(port)
            folder = prepare_machine(assume_yes)
            run_server(chosen, folder, open_browser)
    except instance.AlreadyUp as already:
        if already.other is None:
            raise
        console.out.print(f"The course is already up, at  [bold]{already.other.url}[/bold]")
        if open_browser:
            webbrowser.open(already.other.url)


def has_screen() -> bool:
    """Tell whether there is one; without, Python would open a browser in the terminal."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in names)


def prepare_machine(assume_yes: bool) -> Path:
    """Have all that the server needs, and return the folder of the built site."""
    from checker.docker import docker_engine
    from checker.labs import notebook

    with use_settings(replace(current_settings(), may_install=assume_yes)):
        docker_engine.ensure_engine()
    registry.write_settings()
    # jupyter_core.paths asks os.environ for Jupyter's folders, each time anew; traits such as
    # ServerApp.config_dir reach only a part of it. This process is the server and nothing else,
    # so the variables of kernels and terminals, which inherit them, may stand there as well.
    os.environ.update(settings.server_environment())
    notebook.ensure_kernels()
    settings.write_lab_settings()
    return site.build_site()


def run_server(port: int, folder: Path, open_browser: bool) -> None:
    """Serve the site in `folder` until something ends this process."""
    from jupyter_server.serverapp import ServerApp

    server = ServerApp.instance(config=settings.make_config(port, open_browser, folder))
    server.initialize([])
    token = server.identity_provider.token
    address = f"http://127.0.0.1:{server.port}{settings.HOME}?token={token}"
    instance.announce_server(address)
    console.out.print(f"The course is at  [bold]{address}[/bold]")
    console.out.print("Ctrl-C stops it here; ./course down also removes what it made.")
    server.start()
    console.out.print("The course has stopped. ./course up starts it again.")


def stop_course(purge: bool) -> None:
    """Stop the server and the engines, and remove what the course made; with `purge` the caches.

    Raises:
        CouldNotFindOut: Something could not be stopped or removed.
    """
    from checker.machine.cleanup import clean_up
    from checker.sandbox import background_recorder

    if instance.stop():
        console.out.print("The server has stopped.")
    background_recorder.stop_recording()
    clean_up(purge)
