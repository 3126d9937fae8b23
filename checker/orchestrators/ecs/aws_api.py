"""Calls to the emulator: the wire form of AWS's JSON services and of its load balancers.

boto3 would do the same; importing it takes half a second, which every check would wait for.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.orchestrators.ecs import aws_settings

ECS = "AmazonEC2ContainerServiceV20141113"
SCALING = "AnyScaleFrontendService"
SERVICES = {ECS: "ecs", SCALING: "application-autoscaling"}
BALANCING = "2015-12-01"
CALL_SECONDS = 30.0
MOST = 100
"""Tasks that one call tells of (ListTasks, DescribeTasks)."""

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy: the emulator is on this machine."""

inside = False
"""Whether this is the emulator's own process, whose calls its door lets through unjudged."""


class Refused(CouldNotFindOut):
    """The emulator understood a call and refused it.

    Args:
        code: AWS's name for the reason.
        text: The reason in words.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def call(target: str, action: str, **given: Any) -> dict[str, Any]:
    """A call of a JSON service, such as `call(ECS, "ListClusters")`.

    Args:
        target: The service's name in the header X-Amz-Target, such as `ECS`.
        action: The operation, as in AWS's API reference.
        given: Its parameters.

    Raises:
        Refused: The emulator says no.
        CouldNotFindOut: It does not answer.
    """
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{target}.{action}",
        "Authorization": _signature(SERVICES[target]),
    }
    body = _send("/", headers, json.dumps(given).encode())
    found: dict[str, Any] = json.loads(body or b"{}")
    return found


def balancing(action: str, **given: str) -> list[ElementTree.Element]:
    """A call of Elastic Load Balancing; the members of its answer's one list.

    Raises:
        Refused: The emulator says no.
        CouldNotFindOut: It does not answer.
    """
    form = urllib.parse.urlencode({"Action": action, "Version": BALANCING, **given})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": _signature("elasticloadbalancing"),
    }
    tree = ElementTree.fromstring(_send("/", headers, form.encode()))  # noqa: S314 - our own
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    listed = next((each for each in tree.iter() if each.find("member") is not None), None)
    return list(listed) if listed is not None else []


def tasks(cluster: str, **wanted: str) -> list[dict[str, Any]]:
    """The tasks of a cluster, the stopped ones too, the oldest first.

    Args:
        wanted: What ListTasks takes beside, such as `serviceName` or `family`.

    Raises:
        Refused: There is no such cluster.
        CouldNotFindOut: The emulator does not answer.
    """
    names: list[str] = []
    for status in ("RUNNING", "STOPPED"):
        names += _task_names({"cluster": cluster, "desiredStatus": status, **wanted})
    found: list[dict[str, Any]] = []
    for at in range(0, len(names), MOST):
        some = names[at : at + MOST]
        found += call(ECS, "DescribeTasks", cluster=cluster, tasks=some)["tasks"]
    return sorted(found, key=lambda each: float(each["createdAt"]))


def manage(path: str, method: str = "GET", timeout: float = CALL_SECONDS) -> dict[str, Any]:
    """A call of the emulator's own, such as its health or its reset.

    Raises:
        CouldNotFindOut: It does not answer.
    """
    found: dict[str, Any] = json.loads(_send(path, {}, None, method, timeout) or b"{}")
    return found


def _task_names(wanted: dict[str, str]) -> list[str]:
    """All that ListTasks tells, which is up to MOST a call; the last ones, where it is more."""
    page = call(ECS, "ListTasks", **wanted)
    names = list(page["taskArns"])
    while page.get("nextToken"):
        page = call(ECS, "ListTasks", **wanted, nextToken=page["nextToken"])
        names += page["taskArns"]
    return names[-MOST:]


def _send(
    path: str,
    headers: dict[str, str],
    body: bytes | None,
    method: str = "POST",
    timeout: float = CALL_SECONDS,
) -> bytes:
    if inside:
        headers = {**headers, "X-Course-Inside": "1"}
    address = aws_settings.endpoint() + path
    request = urllib.request.Request(address, body, headers, method=method)  # noqa: S310 - ours
    try:
        with DIRECT.open(request, timeout=timeout) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise _refused(error.read()) from None
    except (OSError, http.client.HTTPException) as error:
        raise CouldNotFindOut(
            "The ECS emulator does not answer.",
            found=f"{aws_settings.endpoint()}: {getattr(error, 'reason', error)}",
            next_step="Type: ./course doctor   A page or lab about ECS starts it.",
        ) from error


def _refused(body: bytes) -> Refused:
    try:
        said = json.loads(body)
    except ValueError:
        return Refused("Error", body.decode(errors="replace")[:500])
    code = str(said.get("__type", "Error")).rpartition("#")[2]
    return Refused(code, str(said.get("message", said.get("Message", ""))))


def _signature(service: str) -> str:
    """The emulator reads account and region from it and asks for no more."""
    scope = f"{aws_settings.ACCOUNT}/20150101/{aws_settings.REGION}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
