"""Asked as a browser asks: the real Jupyter Server, with the work of the labs faked."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.verdict import Verdict
from checker.labs.report import EngineVersion, LabReport
from checker.labs.work import Hint
from checker.server import settings
from tests.json_schemas import validate

TOKEN = {"Authorization": "token secret"}
LAB_MD = """---
title: First
engine: none
minutes: 5
chapter: docker/first
teaches: [run]
---
# First

## Task: say hello { #hello points="2" }
Say it.

``` bash { .solution }
echo hello
```
"""

REPORT = LabReport("docker/first", Verdict.PASSED, 0, 0, 0.1, EngineVersion(), ())

Ask = Callable[[Callable[[httpx.AsyncClient], Awaitable[Any]]], Any]


@pytest.fixture(autouse=True)
def own_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("ROOT", "STATE", "WORK", "CACHE"):
        monkeypatch.setenv(f"COURSE_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    paths.write_atomically(tmp_path / "root/labs/docker/first/lab.md", LAB_MD)
    site = tmp_path / "site"
    paths.write_atomically(site / "index.html", "<h1>Home</h1>")
    paths.write_atomically(site / "docker/page/index.html", "<h1>Page</h1>")
    paths.write_atomically(site / "404.html", "<h1>No such page</h1>")
    yield
    shutil.rmtree(paths.runtime(), ignore_errors=True)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Run what is given with a client of a real server, on a port of its own."""
    monkeypatch.setattr(ServerApp, "init_signal", lambda self: None)
    chosen = settings.make_config(0, False, tmp_path / "site")
    chosen.ServerApp.jpserver_extensions = {"checker.server.extension": True}
    chosen.IdentityProvider.token = "secret"

    async def run(work: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
        app = ServerApp(config=chosen)
        app.initialize([], find_extensions=False, new_httpserver=False)
        sock, port = bind_unused_port(address="127.0.0.1")
        server = HTTPServer(app.web_app)
        server.add_socket(sock)
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                return await work(client)
        finally:
            server.stop()
            await app._cleanup()

    yield lambda work: asyncio.run(run(work))
    ServerApp.clear_instance()


def get(path: str, **options: Any) -> Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]:
    return lambda client: client.get(path, **options)


def post(path: str, **options: Any) -> Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]:
    return lambda client: client.post(path, headers=TOKEN, **options)


def fake(monkeypatch: pytest.MonkeyPatch, name: str, result: Any) -> list[tuple[Any, ...]]:
    """Let NAME return RESULT, or raise it; its calls are listed."""
    calls: list[tuple[Any, ...]] = []

    def called(*arguments: Any) -> Any:
        calls.append(arguments)
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(name, called)
    return calls


def test_the_bare_address_leads_to_the_home_page(ask: Ask) -> None:
    answer = ask(get("/", headers=TOKEN, follow_redirects=True))
    assert answer.url.path == "/course/"
    assert answer.text == "<h1>Home</h1>"


def test_a_folder_is_its_page(ask: Ask) -> None:
    assert ask(get("/course/docker/page/", headers=TOKEN)).text == "<h1>Page</h1>"


def test_without_a_token_the_site_asks_for_it(ask: Ask) -> None:
    answer = ask(get("/course/docker/page/"))
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=%2Fcourse%2Fdocker%2Fpage%2F"


def test_a_token_in_the_address_becomes_a_cookie_and_leaves_the_address(ask: Ask) -> None:
    async def visit(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        first = await client.get("/course/?token=secret")
        return first, await client.get(first.headers["Location"])

    first, second = ask(visit)
    assert (first.status_code, first.headers["Location"]) == (302, "/course/")
    assert second.text == "<h1>Home</h1>"


def test_a_missing_page_is_the_sites_own_404(ask: Ask) -> None:
    answer = ask(get("/course/nowhere/", headers=TOKEN))
    assert (answer.status_code, answer.text) == (404, "<h1>No such page</h1>")


def test_a_file_outside_the_site_is_refused_in_jupyters_own_way(ask: Ask, tmp_path: Path) -> None:
    paths.write_atomically(tmp_path / "private.txt", "private")
    answer = ask(get("/course/..%2Fprivate.txt", headers=TOKEN))
    assert answer.status_code == 403
    assert "private" not in answer.text.replace("private.txt", "")


def test_the_browser_is_told_to_ask_no_other_host(ask: Ask) -> None:
    policy = ask(get("/course/", headers=TOKEN)).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_progress_names_every_lab_also_one_that_was_not_begun(ask: Ask) -> None:
    answer = ask(get("/course/api/progress", headers=TOKEN))
    assert answer.json() == {"labs": {"docker/first": {"points": 0, "max_points": 2, "passed": []}}}


def test_progress_holds_points_and_the_tasks_passed(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = {"points": 2, "max_points": 2, "tasks": {"hello": {"passed": True, "points": 2}}}
    fake(monkeypatch, "checker.labs.progress.read_progress", {"labs": {"docker/first": reached}})
    answer = ask(get("/course/api/progress", headers=TOKEN))
    assert answer.json()["labs"]["docker/first"]["passed"] == ["hello"]


@pytest.mark.parametrize("path", ["progress", "anything"])
def test_without_a_token_the_api_answers_nothing(ask: Ask, path: str) -> None:
    assert ask(get(f"/course/api/{path}")).status_code == 403


def test_a_cookie_alone_does_not_start_a_check(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake(monkeypatch, "checker.labs.check.check_and_record", REPORT)

    async def forge(client: httpx.AsyncClient) -> httpx.Response:
        await client.get("/course/?token=secret")
        return await client.post("/course/api/labs/docker/first/check", json={"task": None})

    assert ask(forge).status_code == 403
    assert calls == []


def test_a_page_with_cookie_and_xsrf_token_may_check(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fake(monkeypatch, "checker.labs.check.check_and_record", REPORT)

    async def page(client: httpx.AsyncClient) -> httpx.Response:
        await client.get("/course/?token=secret")
        await client.get("/course/")
        return await client.post(
            "/course/api/labs/docker/first/check",
            json={"task": "hello"},
            headers={"X-XSRFToken": client.cookies["_xsrf"]},
        )

    found = ask(page).json()
    validate("check", found)
    assert found["verdict"] == "passed"
    assert calls == [("docker/first", "hello")]


def test_starting_a_lab_prepares_it_and_names_its_notebook(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fake(monkeypatch, "checker.labs.work.prepare_lab", Path("unused"))
    answer = ask(post("/course/api/labs/docker/first/start"))
    assert answer.json() == {"notebook": "/lab/tree/docker/first/first.ipynb"}
    assert calls == [("docker/first",)]


def test_a_hint_is_html_with_its_number_and_what_was_found(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch, "checker.labs.work.take_next_hint", Hint("Try `echo`.", 1, 3, "nothing"))
    answer = ask(post("/course/api/labs/docker/first/hint", json={"task": "hello"}))
    html = "<p>Try <code>echo</code>.</p>"
    assert answer.json() == {"hint": html, "number": 1, "of": 3, "found": "nothing"}


def test_a_hint_for_no_task_is_a_bad_request(ask: Ask) -> None:
    answer = ask(post("/course/api/labs/docker/first/hint", json={}))
    assert answer.status_code == 400
    assert answer.json()["error"]["next_step"] == "Name the task."


def test_a_task_that_is_no_text_is_a_bad_request(ask: Ask) -> None:
    answer = ask(post("/course/api/labs/docker/first/check", json={"task": 1}))
    assert answer.status_code == 400


def test_a_body_that_is_a_list_names_no_task(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = fake(monkeypatch, "checker.labs.check.check_and_record", REPORT)
    ask(post("/course/api/labs/docker/first/check", json=["hello"]))
    assert calls == [("docker/first", None)]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CourseError("Wrong.", expected="a", found="b", next_step="c"), 400),
        (CouldNotFindOut("Away.", expected="a", found="b", next_step="c"), 503),
    ],
)
def test_an_error_of_the_course_is_told_in_full(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, error: CourseError, status: int
) -> None:
    fake(monkeypatch, "checker.labs.check.check_and_record", error)
    answer = ask(post("/course/api/labs/docker/first/check", json={"task": None}))
    assert answer.status_code == status
    said = {"message": error.message, "expected": "a", "found": "b", "next_step": "c"}
    assert answer.json() == {"error": said}


def test_the_server_answers_others_while_a_check_runs_and_checks_a_lab_once_at_a_time(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[int] = []
    running: list[int] = []
    go_on = threading.Event()

    def slow(lab: str, task: str | None) -> LabReport:
        running.append(1)
        at_once.append(len(running))
        go_on.wait(5)
        running.pop()
        return REPORT

    monkeypatch.setattr("checker.labs.check.check_and_record", slow)
    address = "/course/api/labs/docker/first/check"

    async def both(client: httpx.AsyncClient) -> float:
        checks = [asyncio.ensure_future(client.post(address, headers=TOKEN)) for _ in range(2)]
        while not running:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        await client.get("/course/", headers=TOKEN)
        took = time.monotonic() - started
        go_on.set()
        await asyncio.gather(*checks)
        return took

    assert ask(both) < 2
    assert at_once == [1, 1]


@pytest.mark.parametrize("path", ["labs/docker/first/destroy", "labs/..%2F..%2Fetc/start"])
def test_what_the_api_does_not_know_is_not_there(ask: Ask, path: str) -> None:
    assert ask(post(f"/course/api/{path}")).status_code == 404
    assert ask(get(f"/course/api/{path}", headers=TOKEN)).status_code == 404
