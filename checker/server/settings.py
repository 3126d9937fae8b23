"""How Jupyter is set up: nothing of the learner's own Jupyter is read, nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base import paths
from checker.orchestrators import registry

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


def jupyter_folder() -> Path:
    """Return where Jupyter keeps what it knows; it need not be there."""
    return paths.state() / "jupyter"


def server_environment() -> dict[str, str]:
    """Return the whole environment of the server, its kernels and its terminals."""
    foreign = ("JUPYTER", "IPYTHON")
    every = registry.shell_environment()
    return {
        **{name: value for name, value in every.items() if not name.startswith(foreign)},
        "JUPYTER_CONFIG_DIR": str(jupyter_folder() / "config"),
        "JUPYTER_DATA_DIR": str(jupyter_folder() / "data"),
        "JUPYTER_RUNTIME_DIR": str(paths.runtime() / "jupyter"),
        "IPYTHONDIR": str(jupyter_folder() / "ipython"),
    }


def write_lab_settings() -> None:
    """Write what JupyterLab reads from files."""
    files = {"page_config.json": PAGE_CONFIG, "default_setting_overrides.json": OVERRIDES}
    for name, content in files.items():
        file = jupyter_folder() / "config" / "labconfig" / name
        paths.write_atomically(file, json.dumps(content, indent=2) + "\n")


def make_config(port: int, open_browser: bool, site: Path) -> Config:
    """Return Jupyter's own settings, and make the folders that they name.

    Jupyter itself opens the browser: its token stays out of `ps` then.
    """
    from traitlets.config import Config

    chosen = Config()
    server = chosen.ServerApp
    server.ip = "127.0.0.1"
    server.port = port
    server.port_retries = 0
    server.open_browser = open_browser
    server.default_url = HOME
    server.root_dir = str(paths.ensure_folder(paths.work()))
    server.allow_root = True
    server.answer_yes = True
    server.jpserver_extensions = {
        "jupyterlab": True,
        "jupyter_lsp": True,
        "jupyter_server_terminals": True,
        "checker.server.extension": True,
    }
    server.terminado_settings = {"shell_command": ["/bin/bash"]}
    paths.ensure_folder(paths.runtime())
    log_file().unlink(missing_ok=True)  # it holds the token of the run before
    chosen.JupyterApp.logging_config = _logging_config()
    chosen.KernelManager.transport = "ipc"  # sockets in a private folder instead of open ports
    chosen.CourseSite.folder = str(site)
    chosen.LabApp.extension_manager = "readonly"
    chosen.LabApp.news_url = None
    chosen.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
    return chosen


def log_file() -> Path:
    """Return where the server writes what only a person who looks for a fault wants to read."""
    return paths.runtime() / "server.log"


def _logging_config() -> dict[str, Any]:
    file = {"class": "logging.FileHandler", "level": "INFO", "formatter": "console"}
    logger = {"level": "INFO", "handlers": ["file"], "propagate": False}
    names = ("ServerApp", "LabApp", "tornado.access", "tornado.application")
    return {
        "handlers": {"file": {**file, "filename": str(log_file())}},
        "loggers": {name: dict(logger) for name in names},
    }
