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
CALL_SECONDS = 60.0
MOST = 100
"""Tasks that one call tells of (ListTasks, DescribeTasks)."""

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy: the emulator is on this machine."""

inside = False
"""Whether this is the emulator's own process, whose calls its middleware lets through unchecked."""


class AwsError(CouldNotFindOut):
    """The emulator understood a call and refused it; `code` is AWS's name for the reason."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def call_service(target: str, action: str, **parameters: Any) -> dict[str, Any]:
    """Call a JSON service, such as `call_service(ECS, "ListClusters")`.

    The target is its name in the header X-Amz-Target; the rest is as in AWS's API reference.

    Raises:
        AwsError: The emulator says no.
        CouldNotFindOut: It does not answer.
    """
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{target}.{action}",
        "Authorization": _sign(SERVICES[target]),
    }
    return dict(json.loads(_send("/", headers, json.dumps(parameters).encode()) or b"{}"))


def call_balancing(action: str, **parameters: str) -> list[ElementTree.Element]:
    """Call Elastic Load Balancing, and return the members of its answer's one list.

    Raises:
        AwsError: The emulator says no.
        CouldNotFindOut: It does not answer.
    """
    form = urllib.parse.urlencode({"Action": action, "Version": BALANCING, **parameters})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": _sign("elasticloadbalancing"),
    }
    tree = ElementTree.fromstring(_send("/", headers, form.encode()))  # noqa: S314 - our own
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    listed = next((each for each in tree.iter() if each.find("member") is not None), None)
    return list(listed) if listed is not None else []


def list_tasks(cluster: str, **filters: str) -> list[dict[str, Any]]:
    """Return the tasks of a cluster, the stopped ones too, the oldest first.

    `filters` are what ListTasks takes besides, such as `serviceName` or `family`.

    Raises:
        AwsError: There is no such cluster.
        CouldNotFindOut: The emulator does not answer.
    """
    names: list[str] = []
    for status in ("RUNNING", "STOPPED"):
        names += _list_task_names(cluster=cluster, desiredStatus=status, **filters)
    found: list[dict[str, Any]] = []
    for at in range(0, len(names), MOST):
        some = names[at : at + MOST]
        found += call_service(ECS, "DescribeTasks", cluster=cluster, tasks=some)["tasks"]
    return sorted(found, key=lambda each: float(each["createdAt"]))


def list_forwarded_groups(balancer: str = "") -> set[str]:
    """Return the ARNs of the target groups that the listeners of load balancers forward to.

    The LoadBalancerArns of a target group do not tell: MiniStack writes them when a listener is
    made, and never again.

    Args:
        balancer: The name of the one load balancer that is asked; "" asks all.

    Raises:
        CouldNotFindOut: The emulator does not answer.
    """
    found: set[str] = set()
    for each in call_balancing("DescribeLoadBalancers"):
        if balancer in ("", each.findtext("LoadBalancerName")):
            at = each.findtext("LoadBalancerArn") or ""
            for listener in call_balancing("DescribeListeners", LoadBalancerArn=at):
                at = listener.findtext("ListenerArn") or ""
                for rule in call_balancing("DescribeRules", ListenerArn=at):
                    groups = rule.iterfind("Actions/member/TargetGroupArn")
                    found.update(group.text or "" for group in groups)
    return found


def call_emulator(path: str, method: str = "GET", timeout: float = CALL_SECONDS) -> dict[str, Any]:
    """Make a call that only the emulator knows, such as its health or its reset.

    Raises:
        CouldNotFindOut: It does not answer.
    """
    found: dict[str, Any] = json.loads(_send(path, {}, None, method, timeout) or b"{}")
    return found


def _list_task_names(**filters: str) -> list[str]:
    """ListTasks tells of up to MOST a call; of more, return the last ones."""
    page = call_service(ECS, "ListTasks", **filters)
    names = list(page["taskArns"])
    while page.get("nextToken"):
        page = call_service(ECS, "ListTasks", **filters, nextToken=page["nextToken"])
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
    address = aws_settings.endpoint_url() + path
    request = urllib.request.Request(address, body, headers, method=method)  # noqa: S310 - ours
    try:
        with DIRECT.open(request, timeout=timeout) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise _read_refusal(error.read()) from None
    except (OSError, http.client.HTTPException) as error:
        raise CouldNotFindOut(
            "The ECS emulator does not answer.",
            found=f"{aws_settings.endpoint_url()}: {getattr(error, 'reason', error)}",
            next_step="Type: ./course doctor   A page or lab about ECS starts it.",
        ) from error


def _read_refusal(body: bytes) -> AwsError:
    try:
        answer = json.loads(body)
    except ValueError:
        return AwsError("Error", body.decode(errors="replace")[:500])
    code = str(answer.get("__type", "Error")).rpartition("#")[2]
    return AwsError(code, str(answer.get("message", answer.get("Message", ""))))


def _sign(service: str) -> str:
    """Return what the emulator reads account and region from; it asks for no more."""
    scope = f"{aws_settings.ACCOUNT}/20150101/{aws_settings.REGION}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
