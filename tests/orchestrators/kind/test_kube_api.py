"""The API of a cluster, asked over HTTP from a server of the test's own."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from checker.base.errors import CouldNotFindOut
from checker.orchestrators.kind import kube_api
from checker.orchestrators.kind.kube_api import Api, ApiError

PODS = "/api/v1/namespaces/default/pods"
POD = f"{PODS}/web"


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers by method and path as it was told; remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    answers: ClassVar[dict[str, tuple[int, Any]]] = {}
    asked: ClassVar[list[tuple[str, dict[str, str], Any]]] = []
    sleeps = 0.0

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        line = f"{self.command} {self.path}"
        self.asked.append((line, dict(self.headers), json.loads(body) if body else None))
        time.sleep(self.sleeps)
        status, answer = self.answers.get(line, (404, {"message": "not found"}))
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *words: object) -> None: ...


@pytest.fixture
def server() -> Iterator[type[Answering]]:
    class Handler(Answering):
        answers: ClassVar[dict[str, tuple[int, Any]]] = {}
        asked: ClassVar[list[tuple[str, dict[str, str], Any]]] = []

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    Handler.port = running.server_port  # type: ignore[attr-defined]
    yield Handler
    running.shutdown()
    running.server_close()


def kubeconfig(folder: Path, port: int) -> Path:
    """Names a cluster at a port of this machine."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    (folder / "config").write_text(json.dumps(content))
    return folder / "config"


@pytest.fixture
def api(server: type[Answering], tmp_path: Path) -> Iterator[Api]:
    made = Api(kubeconfig(tmp_path, server.port))  # type: ignore[attr-defined]
    yield made
    made.close()


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    """The kubeconfig of a cluster that is away."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return kubeconfig(tmp_path, held.getsockname()[1])


def test_object_is_got_as_it_is_written(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {POD}"] = (200, {"kind": "Pod", "metadata": {"name": "web"}})
    assert api.get(POD) == {"kind": "Pod", "metadata": {"name": "web"}}


def test_query_is_encoded(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {PODS}?labelSelector=app%3Dweb&limit=2"] = (200, {"items": []})
    assert api.get(PODS, labelSelector="app=web", limit=2) == {"items": []}


def test_credentials_are_those_of_the_kubeconfig(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {POD}"] = (200, {})
    api.get(POD)
    assert server.asked[0][1]["authorization"] == "Bearer secret"


def test_missing_object_is_found_to_be_none(api: Api) -> None:
    assert api.find(POD) is None


def test_object_is_found(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {POD}"] = (200, {"kind": "Pod"})
    assert api.find(POD) == {"kind": "Pod"}


def test_other_refusals_are_not_taken_for_nothing(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {POD}"] = (403, {"message": "pods is forbidden"})
    with pytest.raises(ApiError) as refused:
        api.find(POD)
    assert (refused.value.status, refused.value.text) == (403, "pods is forbidden")


FORBIDDEN = {"message": 'pods is forbidden: User "kubernetes-admin" cannot list resource "pods"'}


def test_api_server_that_has_just_started_is_waited_for(
    api: Api, server: type[Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_api, "POLL_SECONDS", 0.0)
    server.answers["GET /readyz"] = (500, {})
    server.answers[f"GET {PODS}"] = (403, FORBIDDEN)
    looks: list[float] = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 5:  # the server sleeps, too
            server.answers["GET /readyz"] = (200, {})
            server.answers[f"GET {PODS}"] = (200, {"items": [{"a": 1}]})

    monkeypatch.setattr("time.sleep", look)
    assert api.items(PODS) == [{"a": 1}]
    assert [line for line, _, _ in server.asked].count("GET /readyz") > 1


def test_user_who_may_not_is_refused_by_an_api_server_that_serves(
    api: Api, server: type[Answering]
) -> None:
    server.answers["GET /readyz"] = (200, {})
    server.answers[f"GET {PODS}"] = (403, FORBIDDEN)
    with pytest.raises(ApiError, match="refused a request"):
        api.items(PODS)
    assert [line for line, _, _ in server.asked].count(f"GET {PODS}") == 2


@pytest.mark.parametrize(("answer", "items"), [({"items": [{"a": 1}]}, [{"a": 1}]), ({}, [])])
def test_items_are_those_of_the_list(
    api: Api, server: type[Answering], answer: object, items: list[object]
) -> None:
    server.answers[f"GET {PODS}?limit=1"] = (200, answer)
    assert api.items(PODS, limit=1) == items


def test_list_without_items_is_empty(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {PODS}"] = (200, {"items": None})
    assert api.items(PODS) == []
    assert api.metadata(PODS) == []


def test_metadata_alone_is_asked_for(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {PODS}"] = (200, {"items": [{"metadata": {"name": "web"}}]})
    assert api.metadata(PODS) == [{"name": "web"}]
    assert "as=PartialObjectMetadataList" in server.asked[0][1]["Accept"]


@pytest.mark.parametrize(
    ("grace", "body"),
    [
        (None, {"propagationPolicy": "Background"}),
        (0, {"propagationPolicy": "Background", "gracePeriodSeconds": 0}),
    ],
)
def test_delete_takes_along_what_belongs_to_it(
    api: Api, server: type[Answering], grace: int | None, body: object
) -> None:
    server.answers[f"DELETE {POD}"] = (200, {})
    api.delete(POD, grace=grace)
    assert server.asked[0][::2] == (f"DELETE {POD}", body)


def test_what_is_gone_already_may_be_deleted(api: Api, server: type[Answering]) -> None:
    api.delete(POD)
    assert len(server.asked) == 1


def test_refused_delete_is_told(api: Api, server: type[Answering]) -> None:
    server.answers[f"DELETE {POD}"] = (403, {"message": "no"})
    with pytest.raises(ApiError):
        api.delete(POD)


def test_create_put_and_patch_send_what_they_are_given(api: Api, server: type[Answering]) -> None:
    server.answers[f"POST {PODS}?dryRun=All"] = (201, {"kind": "Pod"})
    server.answers[f"PUT {POD}"] = (200, {"kind": "Pod"})
    server.answers[f"PATCH {POD}?fieldManager=me"] = (200, {"kind": "Pod"})
    assert api.create(PODS, {"n": 1}, dryRun="All") == {"kind": "Pod"}
    assert api.put(POD, {"n": 2}) == {"kind": "Pod"}
    assert api.patch(POD, {"n": None}, fieldManager="me") == {"kind": "Pod"}
    assert [body for _, _, body in server.asked] == [{"n": 1}, {"n": 2}, {"n": None}]
    kinds = [headers["Content-Type"] for _, headers, _ in server.asked]
    assert kinds == ["application/json", "application/json", "application/merge-patch+json"]


def test_text_is_given_as_it_is(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {POD}/log?tailLines=2"] = (200, "{ one\ntwo\n")
    assert api.text(f"{POD}/log", tailLines=2) == "{ one\ntwo\n"


@pytest.mark.parametrize(
    ("answer", "text"),
    [({"kind": "Status", "message": "already exists"}, "already exists"), ("busy", "busy")],
    ids=["Status", "no JSON"],
)
def test_refusal_says_what_the_cluster_says(
    api: Api, server: type[Answering], answer: object, text: str
) -> None:
    server.answers[f"POST {PODS}"] = (409, answer)
    with pytest.raises(ApiError, match="refused a request") as refused:
        api.create(PODS, {})
    assert (refused.value.status, refused.value.text) == (409, text)
    assert refused.value.found == f"409: {text}"


@pytest.mark.parametrize("answer", ["<html>", "3", ""])
def test_answer_that_is_not_of_kubernetes_is_told(
    api: Api, server: type[Answering], answer: str
) -> None:
    server.answers[f"GET {POD}"] = (200, answer)
    with pytest.raises(CouldNotFindOut, match="does not answer as Kubernetes") as told:
        api.get(POD)
    assert told.value.found == answer


WATCH = f"GET {PODS}?resourceVersion=5&watch=true&timeoutSeconds=3"


def lines(*events: object) -> str:
    return "".join(f"{json.dumps(event)}\n" for event in events)


def test_watch_gives_event_after_event_until_the_cluster_ends_it(
    api: Api, server: type[Answering]
) -> None:
    events = [{"type": "ADDED", "object": {"é": "ü"}}, {"type": "DELETED", "object": {}}]
    server.answers[WATCH] = (200, lines(*events))
    assert list(api.watch(PODS, 3.9, resourceVersion=5)) == events


def test_watch_asks_for_a_second_at_least(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {PODS}?watch=true&timeoutSeconds=1"] = (200, "")
    assert list(api.watch(PODS, 0.2)) == []


def test_watch_that_begins_too_early_is_an_error(api: Api, server: type[Answering]) -> None:
    gone = {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}
    server.answers[WATCH] = (200, lines(gone))
    with pytest.raises(ApiError) as refused:
        list(api.watch(PODS, 3, resourceVersion=5))
    assert (refused.value.status, refused.value.text) == (410, "too old resource version")


def test_watch_of_nothing_is_an_error(api: Api) -> None:
    with pytest.raises(ApiError):
        next(api.watch(PODS, 3))


def test_event_comes_while_the_watch_goes_on(
    api: Api, server: type[Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    told: list[bool] = []

    def stream(handler: Answering) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        sent = lines({"type": "ADDED", "object": {}}).encode() + b'{"type": "half'
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(sent), sent))
        told.append(goes_on.wait(5))
        handler.close_connection = True

    monkeypatch.setattr(server, "do_GET", stream)
    watched = api.watch(PODS, 5)
    assert next(watched)["type"] == "ADDED"
    goes_on.set()
    assert list(watched) == []
    assert told == [True]


def test_silent_watch_ends_in_time(
    api: Api, server: type[Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream(handler: Answering) -> None:
        handler.send_response(200)
        handler.end_headers()
        time.sleep(2)

    monkeypatch.setattr(server, "do_GET", stream)
    monkeypatch.setattr(kube_api, "CALL_SECONDS", 0.1)
    started = time.monotonic()
    assert list(api.watch(PODS, 0.2)) == []
    assert time.monotonic() - started < 1.5


def test_lines_of_a_log_are_followed(api: Api, server: type[Answering]) -> None:
    server.answers[f"GET {POD}/log?container=web&follow=true"] = (200, "one\nt\u00fcr\n")
    assert list(api.follow(f"{POD}/log", 5, container="web")) == ["one", "t\u00fcr"]


def test_endless_log_is_followed_only_so_long(
    api: Api, server: type[Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[f"GET {POD}/log?follow=true"] = (200, "line\n" * 5)
    now = iter((0.0, 1.0, 2.0, 3.0))
    monkeypatch.setattr(kube_api, "time", SimpleNamespace(monotonic=lambda: next(now)))
    assert list(api.follow(f"{POD}/log", 2)) == ["line", "line"]


def test_cluster_that_is_away_is_told_with_what_to_do(nobody: Path) -> None:
    with pytest.raises(CouldNotFindOut, match="does not answer") as told:
        Api(nobody).get(POD)
    assert not isinstance(told.value, ApiError)
    assert "./course reset" in told.value.next_step
    assert "\n" not in told.value.found


@pytest.mark.parametrize("ask", ["find", "items", "metadata", "delete", "text"])
def test_nothing_is_concluded_of_a_cluster_that_is_away(nobody: Path, ask: str) -> None:
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        getattr(Api(nobody), ask)(POD)


def test_cluster_that_is_silent_is_away_and_asked_only_twice(
    api: Api, server: type[Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_api, "CALL_SECONDS", 0.1)
    monkeypatch.setattr(server, "sleeps", 0.5)
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        api.get(POD)
    assert len(server.asked) <= 2


def test_answer_that_breaks_off_is_no_answer(
    api: Api, server: type[Answering], monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(handler: Answering) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"items"')
        handler.close_connection = True

    monkeypatch.setattr(server, "do_GET", half)
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        api.get(PODS)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY"])
def test_proxy_is_not_asked_for_a_cluster_on_this_machine(
    server: type[Answering], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.answers[f"GET {POD}"] = (200, {})
    assert Api(kubeconfig(tmp_path, server.port)).get(POD) == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "content",
    [None, "", "a: [", "[]", "apiVersion: v1"],
    ids=["missing", "empty", "no YAML", "a list", "no cluster"],
)
def test_without_a_kubeconfig_there_is_no_cluster(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config").write_text(content)
    with pytest.raises(CouldNotFindOut, match="There is no cluster") as told:
        Api(tmp_path / "config")
    assert "Kubernetes track makes it" in told.value.next_step


def test_kubeconfig_of_the_learner_is_not_read(
    tmp_path: Path, nobody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(nobody))
    with pytest.raises(CouldNotFindOut, match="There is no cluster"):
        Api(tmp_path / "none")


class Session:
    """What a WebSocket to a container gives, once it has ended."""

    def __init__(self, end: bytes, output: bytes = b"") -> None:
        self.end, self.output = end, output

    def run_forever(self, timeout: float) -> None: ...

    def read_channel(self, channel: int) -> bytes:
        return self.end

    def read_all(self) -> bytes:
        return self.output


def status(**said: Any) -> bytes:
    return json.dumps(said).encode()


EXIT = {"causes": [{"reason": "ExitCode", "message": "3"}]}


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (Session(status(status="Success"), b"hello"), (0, b"hello")),
        (Session(status(status="Failure", details=EXIT), b"no"), (3, b"no")),
        (Session(status(status="Failure", message="not found")), (127, b"not found")),
    ],
)
def test_command_in_a_container(
    api: Api, monkeypatch: pytest.MonkeyPatch, session: Session, expected: tuple[int, bytes]
) -> None:
    asked: list[Any] = []

    def call(settings: Any, method: str, url: str, **options: Any) -> Session:
        asked.append((url, options["query_params"]))
        return session

    monkeypatch.setattr("kubernetes.stream.ws_client.websocket_call", call)
    assert api.exec(POD, "web", ["ls", "-l"]) == expected
    [(url, query)] = asked
    assert url.endswith(f"{POD}/exec")
    assert [value for key, value in query if key == "command"] == ["ls", "-l"]


def test_command_that_does_not_end_is_no_verdict(api: Api, monkeypatch) -> None:
    name = "kubernetes.stream.ws_client.websocket_call"
    monkeypatch.setattr(name, lambda *words, **options: Session(b""))
    with pytest.raises(CouldNotFindOut, match="does not end"):
        api.exec(POD, "web", ["sleep", "9"])
