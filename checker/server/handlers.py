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
from typing import Any
from urllib.parse import quote

import markdown
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from checker.base import paths
from checker.base.course import list_labs
from checker.base.errors import CouldNotFindOut, CourseError

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

    async def answer_with(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Answer with what `work` returns, in a thread of its own."""
        try:
            result = await asyncio.to_thread(work, *arguments)
        except CourseError as error:
            self.set_status(503 if isinstance(error, CouldNotFindOut) else 400)
            parts = ("message", "expected", "found", "next_step")
            result = {"error": {part: getattr(error, part) for part in parts}}
        self.finish(json.dumps(result))

    def read_task(self) -> str | None:
        """Return the task that the request names, if it names one."""
        body = self.get_json_body() or {}
        task = body.get("task") if isinstance(body, dict) else None
        if task is not None and not isinstance(task, str):
            raise web.HTTPError(400, "task must be a task's id")
        return task


class Progress(Api):
    """Points so far, lab by lab."""

    @web.authenticated
    async def get(self) -> None:
        await self.answer_with(self.collect_progress)

    def collect_progress(self) -> dict[str, Any]:
        """Return for each lab the points, and the tasks that were passed once."""
        from checker.labs import lab, progress

        known = progress.read_progress()["labs"]
        found = {}
        for each in map(lab.load_lab, list_labs()):
            reached = known.get(each.id, {})
            tasks = reached.get("tasks", {})
            found[each.id] = {
                "points": reached.get("points", 0),
                "max_points": each.max_points,
                "passed": [task.id for task in each.tasks if tasks.get(task.id, {}).get("passed")],
            }
        return {"labs": found}


class Start(Api):
    """Prepares a lab's workspace and says where its notebook is."""

    @web.authenticated
    async def post(self, lab: str) -> None:
        async with _busy[lab]:
            await self.answer_with(self.prepare_lab, lab)

    def prepare_lab(self, lab: str) -> dict[str, str]:
        """Prepare a lab, and return the address of its notebook."""
        from checker.labs import work

        work.prepare_lab(lab)
        inside = work.locate_notebook(lab).relative_to(paths.work())
        return {"notebook": url_path_join(self.base_url, "lab/tree", quote(str(inside)))}


class Check(Api):
    """Checks the learner's work on a lab, or on one task of it."""

    @web.authenticated
    async def post(self, lab: str) -> None:
        async with _busy[lab]:
            await self.answer_with(self.check_lab, lab, self.read_task())

    def check_lab(self, lab: str, task: str | None) -> dict[str, Any]:
        """Check a lab, and return the report."""
        from checker.labs import check

        return check.check_and_record(lab, task).as_json()


class Hint(Api):
    """The next hint of a task."""

    @web.authenticated
    async def post(self, lab: str) -> None:
        async with _busy[lab]:
            await self.answer_with(self.give_hint, lab, self.read_task())

    def give_hint(self, lab: str, task: str | None) -> dict[str, Any]:
        """Return the next hint of a task, as HTML."""
        from checker.labs import work

        if task is None:
            raise CourseError("A hint belongs to a task.", next_step="Name the task.")
        hint = work.take_next_hint(lab, task)
        html = markdown.markdown(hint.text, extensions=["fenced_code"])
        return {"hint": html, "number": hint.number, "of": hint.of, "found": hint.found}


class Nothing(Api):
    """Any other address of the API."""

    @web.authenticated
    async def get(self) -> None:
        raise web.HTTPError(404)

    post = get
