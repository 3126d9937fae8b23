"""Calls to the emulator in the wire form of AWS."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.orchestrators.ecs import aws_api, aws_settings


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers with what the test put there, and keeps what it was asked."""

    status = 200
    body = b"{}"
    asked: ClassVar[list[tuple[str, str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.asked.append((self.command, self.path, headers, given))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answers]]:
    monkeypatch.setattr(Answers, "asked", [])
    monkeypatch.setattr(Answers, "status", 200)
    monkeypatch.setattr(Answers, "body", b"{}")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        paths.write_atomically(aws_settings.port_file(), f"{server.server_port}\n")
        yield Answers
        server.shutdown()


def test_a_call_names_service_and_operation(emulator: type[Answers]) -> None:
    emulator.body = b'{"clusterArns": []}'
    assert aws_api.call_service(aws_api.ECS, "ListClusters", maxResults=3) == {"clusterArns": []}
    [(_, path, headers, given)] = emulator.asked
    assert path == "/"
    assert headers["x-amz-target"] == f"{aws_api.ECS}.ListClusters"
    assert "/us-east-1/ecs/" in headers["authorization"]
    assert "x-course-inside" not in headers
    assert json.loads(given) == {"maxResults": 3}


def test_calls_from_within_the_emulator_say_so(
    emulator: type[Answers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_api, "inside", True)
    aws_api.call_service(aws_api.ECS, "ListClusters")
    assert emulator.asked[0][2]["x-course-inside"] == "1"


def test_load_balancers_are_asked_in_a_form_and_answer_in_xml(emulator: type[Answers]) -> None:
    emulator.body = (
        b'<R xmlns="http://aws"><Result><LoadBalancers><member><LoadBalancerName>door'
        b"</LoadBalancerName></member></LoadBalancers></Result></R>"
    )
    [found] = aws_api.call_balancing("DescribeLoadBalancers", Name="door")
    assert found.findtext("LoadBalancerName") == "door"
    assert b"Action=DescribeLoadBalancers" in emulator.asked[0][3]
    emulator.body = b"<R><Result><LoadBalancers/></Result></R>"
    assert aws_api.call_balancing("DescribeLoadBalancers") == []


def test_its_own_calls_have_a_path(emulator: type[Answers]) -> None:
    emulator.body = b""
    assert aws_api.call_emulator("/_course/health") == {}
    assert emulator.asked[0][:2] == ("GET", "/_course/health")


def test_of_many_tasks_the_last_hundred_of_each_status_are_told_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ListTasks tells a hundred a call, the oldest first."""
    described: list[int] = []

    def call(target: str, action: str, **given: Any) -> dict[str, Any]:
        if action == "DescribeTasks":
            described.append(len(given["tasks"]))
            return {"tasks": [{"createdAt": float(each)} for each in reversed(given["tasks"])]}
        if given["desiredStatus"] == "RUNNING":
            return {"taskArns": ["250"]}
        assert given["serviceName"] == "web"
        start = int(given.get("nextToken", 0))
        page = {"taskArns": [str(each) for each in range(start, min(start + 100, 250))]}
        return {**page, "nextToken": str(start + 100)} if start < 200 else page

    monkeypatch.setattr(aws_api, "call_service", call)
    found = aws_api.list_tasks("demo", serviceName="web")
    assert [each["createdAt"] for each in found] == [float(each) for each in range(150, 251)]
    assert described == [100, 1]


def test_a_refusal_is_told_to_people_as_what_could_not_be_found_out() -> None:
    refused = aws_api.AwsError("ClientException", "no")
    assert isinstance(refused, CouldNotFindOut)
    assert (refused.code, refused.text, refused.message) == (
        "ClientException",
        "no",
        "ClientException: no",
    )


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"__type": "x#ClientException", "message": "no"}', "ClientException", "no"),
        (b'{"__type": "ClientException", "Message": "no"}', "ClientException", "no"),
        (b"<html>", "Error", "<html>"),
    ],
)
def test_a_refusal_has_code_and_message(
    emulator: type[Answers], body: bytes, code: str, words: str
) -> None:
    emulator.status, emulator.body = 400, body
    with pytest.raises(aws_api.AwsError) as refused:
        aws_api.call_service(aws_api.ECS, "ListClusters")
    assert refused.value.code == code
    assert str(refused.value) == f"{code}: {words}"
