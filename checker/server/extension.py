"""The Jupyter Server extension: the site and the API on Jupyter's own origin."""

from __future__ import annotations

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join

from checker.server import handlers

LAB = r"labs/([a-z0-9-]+/[a-z0-9-]+)"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "checker.server.extension"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Called by Jupyter Server once its web application is there."""

    def under(path: str) -> str:
        return url_path_join(server.base_url, "course", path)

    site = {"path": server.config.CourseSite.folder, "default_filename": "index.html"}
    server.web_app.add_handlers(  # type: ignore[no-untyped-call]
        ".*$",
        [
            (under("api/progress"), handlers.Progress),
            (under(f"api/{LAB}/start"), handlers.Start),
            (under(f"api/{LAB}/check"), handlers.Check),
            (under(f"api/{LAB}/hint"), handlers.Hint),
            (under("api/.*"), handlers.Nothing),
            (under("(.*)"), handlers.Site, site),
        ],
    )
