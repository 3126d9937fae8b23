"""What the server answers: pages of the site, and JSON for their scripts.

Jupyter's rules hold for all of it: a token or its cookie, and for what changes something the
XSRF token as well.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import markdown
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from checker.base import paths
from checker.base.course import labs
from checker.base.errors import CouldNotFindOut, CourseError

if TYPE_CHECKING:
    from checker.labs.lab import Lab

SITE_POLICY = "default-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:"
"""The browser itself refuses whatever a page would ask of another host."""

_busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
"""One thing at a time for each lab: a check must not judge a lab that is being set up."""


class Site(JupyterHandler, web.StaticFileHandler):
    """The built site."""

    @property
    def content_security_policy(self) -> str:
        return f"{super().content_security_policy}; {SITE_POLICY}"

    @web.authenticated
    async def get(  # type: ignore[override]  # the decorator may answer by itself
        self, path: str, include_body: bool = True
    ) -> None:
        if "token" in self.request.query_arguments:
            # The cookie is set by now; an address that is copied should not hold the token.
            self.redirect(self.request.path)
            return
        _ = self.xsrf_token  # reading it sets the cookie that page scripts send back
        await web.StaticFileHandler.get(self, path, include_body)

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        page = Path(self.root) / "404.html" if status_code == 404 else None
        if page and page.is_file():
            self.finish(page.read_bytes())
        else:
            super().write_error(status_code, **kwargs)


class Api(APIHandler):
    """Answers in JSON, errors of the course included; never blocks the server's loop."""

    async def answer(self, work: Callable[..., Any], *arguments: Any) -> None:
        try:
            result = await asyncio.to_thread(work, *arguments)
        except CourseError as error:
            self.set_status(503 if isinstance(error, CouldNotFindOut) else 400)
            result = {"error": _as_json(error)}
        self.finish(json.dumps(result))

    def task(self) -> str | None:
        """The task that the request names, if it names one."""
        body = self.get_json_body() or {}
        task = body.get("task") if isinstance(body, dict) else None
        if task is not None and not isinstance(task, str):
            raise web.HTTPError(400, "task must be a task's id")
        return task


class Progress(Api):
    """Points so far, lab by lab."""

    @web.authenticated
    async def get(self) -> None:
        await self.answer(self._all)

    def _all(self) -> dict[str, Any]:
        from checker.labs import lab, progress

        known = progress.read()["labs"]
        return {"labs": {name: _reached(lab.load(name), known.get(name, {})) for name in labs()}}


class Start(Api):
    """Prepares a lab's workspace and says where its notebook is."""

    @web.authenticated
    async def post(self, lab: str) -> None:
        async with _busy[lab]:
            await self.answer(self._prepare, lab)

    def _prepare(self, lab: str) -> dict[str, str]:
        from checker.labs import work

        work.prepare(lab)
        inside = work.notebook_path(lab).relative_to(paths.work())
        return {"notebook": url_path_join(self.base_url, "lab/tree", quote(str(inside)))}


class Check(Api):
    """Judges the learner's work on a lab, or on one task of it."""

    @web.authenticated
    async def post(self, lab: str) -> None:
        from checker.labs import check

        async with _busy[lab]:
            await self.answer(check.check_and_record, lab, self.task())


class Hint(Api):
    """The next hint of a task."""

    @web.authenticated
    async def post(self, lab: str) -> None:
        async with _busy[lab]:
            await self.answer(self._next, lab, self.task())

    def _next(self, lab: str, task: str | None) -> dict[str, Any]:
        from checker.labs import work

        if task is None:
            raise CourseError("A hint belongs to a task.", next_step="Name the task.")
        hint = work.next_hint(lab, task)
        html = markdown.markdown(hint.text, extensions=["fenced_code"])
        return {"hint": html, "number": hint.number, "of": hint.of, "found": hint.found}


class Nothing(Api):
    """Any other address of the API."""

    @web.authenticated
    async def get(self) -> None:
        raise web.HTTPError(404)

    post = get


def _reached(lab: Lab, known: dict[str, Any]) -> dict[str, Any]:
    """What is shown of a lab's progress: points, and the tasks that were passed once."""
    tasks = known.get("tasks", {})
    return {
        "points": known.get("points", 0),
        "max_points": lab.max_points,
        "passed": [task.id for task in lab.tasks if tasks.get(task.id, {}).get("passed")],
    }


def _as_json(error: CourseError) -> dict[str, str]:
    return {
        "message": error.message,
        "expected": error.expected,
        "found": error.found,
        "next_step": error.next_step,
    }
