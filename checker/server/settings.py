"""How Jupyter is set up: nothing of the learner's own Jupyter is read, nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base import paths
from checker.docker import docker_engine

if TYPE_CHECKING:
    from traitlets.config import Config

HOME = "/course/"

PAGE_CONFIG = {
    "disabledExtensions": {
        "@jupyterlab/apputils-extension:announcements": True,
        "@jupyterlab/extensionmanager-extension": True,
    }
}
"""Parts of JupyterLab that ask hosts on the internet."""

OVERRIDES: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
}


def folder() -> Path:
    return paths.state() / "jupyter"


def environment() -> dict[str, str]:
    """The whole environment of the server, its kernels and its terminals."""
    own = {
        name: value
        for name, value in docker_engine.environment().items()
        if not name.startswith(("JUPYTER", "IPYTHON"))
    }
    return {
        **own,
        "JUPYTER_CONFIG_DIR": str(folder() / "config"),
        "JUPYTER_DATA_DIR": str(folder() / "data"),
        "JUPYTER_RUNTIME_DIR": str(paths.runtime() / "jupyter"),
        "IPYTHONDIR": str(folder() / "ipython"),
    }


def write() -> None:
    """Write what JupyterLab reads from files."""
    for name, content in (
        ("page_config.json", PAGE_CONFIG),
        ("default_setting_overrides.json", OVERRIDES),
    ):
        file = folder() / "config" / "labconfig" / name
        paths.write_atomically(file, json.dumps(content, indent=2) + "\n")


def config(port: int, open_browser: bool, site: Path) -> Config:
    """Jupyter's own settings.

    Args:
        port: On 127.0.0.1.
        open_browser: Whether Jupyter opens the home page; its token then stays out of `ps`.
        site: The built site.
    """
    from traitlets.config import Config

    chosen = Config()
    server = chosen.ServerApp
    server.ip = "127.0.0.1"
    server.port = port
    server.port_retries = 0
    server.open_browser = open_browser
    server.default_url = HOME
    server.root_dir = str(paths.work())
    server.allow_root = True
    server.answer_yes = True
    server.jpserver_extensions = {
        "jupyterlab": True,
        "jupyter_lsp": True,
        "jupyter_server_terminals": True,
        "checker.server.extension": True,
    }
    server.terminado_settings = {"shell_command": ["/bin/bash"]}
    chosen.JupyterApp.logging_config = _log_file()
    log().unlink(missing_ok=True)
    chosen.KernelManager.transport = "ipc"  # sockets in a private folder instead of open ports
    chosen.CourseSite.folder = str(site)
    chosen.LabApp.extension_manager = "readonly"
    chosen.LabApp.news_url = None
    chosen.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
    return chosen


def log() -> Path:
    """Where the server writes what only a person who looks for a fault wants to read."""
    return paths.runtime() / "server.log"


def _log_file() -> dict[str, Any]:
    return {
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "level": "INFO",
                "filename": str(log()),
                "formatter": "console",
            }
        },
        "loggers": {
            name: {"level": "INFO", "handlers": ["file"], "propagate": False}
            for name in ("ServerApp", "LabApp", "tornado.access", "tornado.application")
        },
    }
