"""The Jupyter Server extension: the site and the API on Jupyter's own origin."""

from __future__ import annotations

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join

from checker.server import handlers

LAB = r"labs/([a-z0-9-]+/[a-z0-9-]+)"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "checker.server.extension"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Add the course's addresses; Jupyter Server calls it once its web application is there."""

    def join_path(path: str) -> str:
        return url_path_join(server.base_url, "course", path)

    site = {"path": server.config.CourseSite.folder, "default_filename": "index.html"}
    server.web_app.add_handlers(  # type: ignore[no-untyped-call]
        ".*$",
        [
            (join_path("api/progress"), handlers.Progress),
            (join_path(f"api/{LAB}/start"), handlers.Start),
            (join_path(f"api/{LAB}/check"), handlers.Check),
            (join_path(f"api/{LAB}/hint"), handlers.Hint),
            (join_path("api/.*"), handlers.Nothing),
            (join_path("(.*)"), handlers.Site, site),
        ],
    )
