"""What must be true after the lab 'ECS to Kubernetes'."""

import base64
import hashlib
import json
import subprocess
from urllib.parse import quote

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks import CheckFailed, task
from checker.checks.core.waiting import poll_every, wait_until_passed
from checker.checks.kubernetes.quantities import parse_quantity
from checker.checks.kubernetes.trial_copies import TrialCopy
from checker.orchestrators.kind.kube_api import ApiError

CODE = "crumb-4711"
CODE_FORMS = (CODE, base64.b64encode(CODE.encode()).decode().rstrip("="), quote(CODE, safe=""))
SEAL = hashlib.sha256(f"{CODE}\n".encode()).hexdigest()
GREETING = "Two rolls, please"
PORT = 8080
SECRET = "till-secrets"
MEMORY = 48 * 1024**2
READY_SECONDS = 25
NO_ANSWER = ("refused", "timed out", "deadline exceeded")
FIRST_SECONDS = 8
"""In which a probe that asks every second has failed once, if it does."""

TRIAL_SECONDS = 30
"""In which a trial Pod was surely asked."""

CALL_SECONDS = 20

COUNTING = TrialCopy(
    command=(
        "sh",
        "-c",
        "mkdir -p /www; echo hello > /www/index.html; echo none > /www/seal; "
        f"httpd -f -p {PORT} -h /www",
    ),
    eager=True,
    title="a till that answers, but has taken its file health away",
)


@task("secret")
def test_secret(kube):
    """The Secret till-secrets in bakery holds the code of Secrets Manager."""
    found = kube.namespace("bakery").secret(SECRET).expect_data("DOOR_CODE")
    value = found.data["DOOR_CODE"]
    if value != CODE:
        raise CheckFailed("the value of till/door-code in DOOR_CODE", _what(value), _how(value))


@task("pods", requires="secret")
def test_template(kube):
    """The Deployment till wants two Pods with the image and the memory limit of taskdef.json."""
    till = kube.namespace("bakery").deployment("till")
    till.expect_replicas(2).expect_image("busybox:1.37")
    limit = _find_memory_limit(till.template["spec"])
    if parse_quantity(limit) != MEMORY:
        raise CheckFailed(
            "a memory limit of 48Mi",
            str(limit or "none"),
            "ECS counts in MiB, which are written Mi here: 48M is less, 48m next to nothing.",
        )


@task("pods", requires="secret")
def test_code_comes_from_the_secret(kube):
    """The code comes from the Secret, and stands in no Deployment and no ConfigMap."""
    till = kube.namespace("bakery").deployment("till")
    maps = kube.raw("/api/v1/namespaces/bakery/configmaps").json["items"]
    shown = {f"the ConfigMap {each['metadata']['name']}": json.dumps(each) for each in maps}
    shown = {"the Deployment": json.dumps(till.attrs), **shown}
    for where, text in shown.items():
        if any(form in text for form in CODE_FORMS):
            raise CheckFailed(
                f"DOOR_CODE from the Secret {SECRET}",
                f"its value stands in {where}",
                "Whoever may look at it reads the code. Use valueFrom, secretKeyRef.",
            )
    if SECRET not in _list_secrets(till.template["spec"]):
        raise CheckFailed(
            f"DOOR_CODE from the Secret {SECRET}",
            "a template that does not mention this Secret",
            "env, valueFrom, secretKeyRef: the name of the Secret, and the key in it.",
        )


@task("pods", requires="secret", timeout=90)
def test_pods_work(kube):
    """Both tills are ready, and each of them greets and knows the code."""
    till = kube.namespace("bakery").deployment("till")
    probe = _container(till).get("readinessProbe") or {}
    asks = f"Its readiness probe asks {_describe_question(till, probe)}. " if probe else ""
    # A probe that asks for another path may wait for ever.
    is_odd = probe.get("httpGet", {}).get("path", "/health") != "/health"
    till.expect_ready(
        within=READY_SECONDS if not is_odd else 5,
        next_step=f"{asks}See what it gets: kubectl -n bakery describe pods",
    )
    for pod in till.pods:
        _expect_answer(kube, pod.name, "/", GREETING, "GREETING of taskdef.json")
        _expect_answer(kube, pod.name, "/seal", SEAL, f"DOOR_CODE from the Secret {SECRET}")


@task("door", requires="pods", timeout=90)
def test_door(kube):
    """The Service till passes port 80 on to both tills, and no till takes a port of its node."""
    bakery = kube.namespace("bakery")
    till = bakery.deployment("till")
    _expect_no_node_port(till)
    door = bakery.service("till").expect_port(80)
    door.expect_endpoints(2, within=10)
    if sorted(door.endpoints) != sorted(each.ip for each in till.pods):
        raise CheckFailed(
            "the Pods of the Deployment till behind the Service till",
            "other Pods",
            "Compare its selector with the labels: kubectl -n bakery get pods --show-labels",
        )
    # Asked from inside of the cluster, as programs do: the API server's proxy knows shorter ways.
    asker = till.pods.names[0]
    answers = "wget -qO- -T 3 http://till.bakery/; wget -qO- -T 3 http://till.bakery/seal"

    def check_answers():
        said = _run_kubectl(
            "exec", asker, "-c", _container(till)["name"], "--", "sh", "-c", answers
        )
        if GREETING not in said or SEAL not in said:
            raise CheckFailed(
                "the greeting and the seal from http://till.bakery, inside of the cluster",
                said.strip() or "no answer",
                f"The program listens on containerPort, {PORT}, and `targetPort` leads there.",
            )

    wait_until_passed(check_answers, poll_every(0.5), 8)


@task("health", requires="pods", timeout=90)
def test_health(kube):
    """The readiness probe asks what the health check asks, every 5 seconds, 3 times."""
    till = kube.namespace("bakery").deployment("till")
    probe = _container(till).get("readinessProbe")
    if probe is None:
        raise CheckFailed(
            "a readinessProbe",
            "none",
            "Without one, a Pod gets requests before it can answer. A livenessProbe only restarts.",
        )
    found = (probe.get("periodSeconds", 10), probe.get("failureThreshold", 3))
    if found != (5, 3):
        raise CheckFailed(
            "periodSeconds 5 and failureThreshold 3",
            f"{found[0]} and {found[1]}",
            "They are `interval` and `retries` of the health check.",
        )
    with till.rollout.create_trial_pod(COUNTING) as trial:
        is_asked = wait_until(
            lambda: trial.refresh().ready or _list_failures(trial, "Readiness", "Startup"),
            TRIAL_SECONDS,
            0.3,
        )
        if not is_asked:
            raise CouldNotFindOut("Nobody asked the trial Pod.", found=trial.state)
        if trial.ready:
            raise CheckFailed(
                f"a probe that is not content with {COUNTING.display_name}",
                f"it is content; it asks {_describe_question(till, probe)}",
                "The command of the health check says what to ask: /health on the till's port.",
            )


@task("restart", requires="pods", timeout=90)
def test_no_restart(kube):
    """A till that has taken its file health away gets no requests, but is not restarted."""
    till = kube.namespace("bakery").deployment("till")
    container = _container(till)
    probes = [container[each] for each in ("startupProbe", "livenessProbe") if each in container]
    if not probes:
        return
    with till.rollout.create_trial_pod(COUNTING) as trial:
        trial.expect_running(within=TRIAL_SECONDS)
        wait_until(lambda: _list_failures(trial, "Liveness", "Startup"), FIRST_SECONDS, 0.3)
        failed = _list_failures(trial, "Liveness", "Startup")
    if failed:
        raise CheckFailed(
            "a till that is not restarted while its file health is away",
            failed[0],
            "On ECS one check did two jobs. Which probe decides about requests, and which one "
            "restarts? Only the first may ask for /health.",
        )


@task("end", requires="pods")
def test_end(kube):
    """A till gets 12 seconds to end."""
    template = kube.namespace("bakery").deployment("till").template
    found = template["spec"].get("terminationGracePeriodSeconds", 30)
    if found != 12:
        raise CheckFailed(
            "terminationGracePeriodSeconds 12",
            str(found),
            "It is `stopTimeout` of the task definition; 30 is what holds if nobody says anything.",
        )


def _container(till):
    """The container of the till: by its name, or the first."""
    containers = till.template["spec"]["containers"]
    return next((each for each in containers if each["name"] == "till"), containers[0])


def _find_memory_limit(spec):
    """The limit of the till's container, or of its whole Pod."""
    containers = spec["containers"]
    till = next((each for each in containers if each["name"] == "till"), containers[0])
    limits = [each.get("resources", {}).get("limits", {}) for each in (till, spec)]
    return next((each["memory"] for each in limits if "memory" in each), None)


def _list_secrets(spec):
    """The names of the Secrets that a Pod's spec mentions, however it does."""
    found = []
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        entries = container.get("env") or []
        found += [each.get("valueFrom", {}).get("secretKeyRef") for each in entries]
        found += [each.get("secretRef") for each in container.get("envFrom") or []]
    for volume in spec.get("volumes") or []:
        found += [each.get("secret") for each in volume.get("projected", {}).get("sources", [])]
        found.append(volume.get("secret"))
    return [each.get("name") or each.get("secretName") for each in found if each]


def _expect_no_node_port(till):
    """No Pod takes a port of its machine: neither one of its ports, nor all of them."""
    spec = till.template["spec"]
    taken = [
        p["hostPort"] for c in spec["containers"] for p in c.get("ports") or [] if "hostPort" in p
    ]
    if taken or spec.get("hostNetwork"):
        raise CheckFailed(
            "tills that take no port of their node",
            f"hostPort {taken[0]}" if taken else "hostNetwork",
            "Two tills with the same port of a node do not fit on one node, and a rollout must "
            "take one away first. Leave the port out: the Service finds the Pods.",
        )


def _expect_answer(kube, pod, path, text, source):
    """One till answers at this path with a text, asked itself and not by the Service."""
    expected = f"{text!r} from the Pod {pod} at {path}"
    step = f"It comes from {source}. kubectl -n bakery exec {pod} -- env shows what it got."
    try:
        found = kube.raw(f"/api/v1/namespaces/bakery/pods/{pod}:{PORT}/proxy{path}").text
    except ApiError as error:
        raise CheckFailed(expected, f"{error.status}: {error.text}", step) from None
    if text not in found:
        raise CheckFailed(expected, found.strip() or "nothing", step)


def _describe_question(till, probe):
    """What a probe asks, in words; a port that has a name with its number."""
    if "exec" in probe:
        return " ".join(probe["exec"].get("command", []))
    named = {
        each.get("name"): each["containerPort"] for each in _container(till).get("ports") or []
    }
    asked = probe.get("httpGet") or probe.get("tcpSocket") or {}
    port = asked.get("port", "none")
    return f"{asked.get('path', 'no path')} on port {named.get(port, port)}"


def _list_failures(pod, *kinds):
    """What the kubelet said of probes of a Pod that failed; of these kinds.

    A refused connection only says that nothing listens yet, and no answer that the machine is slow.
    """
    beginnings = tuple(f"Unhealthy: {each}" for each in kinds)
    found = [each for each in pod.events if each.startswith(beginnings)]
    return [each for each in found if not any(word in each.lower() for word in NO_ANSWER)]


def _run_kubectl(*words):
    command = ["kubectl", "--namespace", "bakery", *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=CALL_SECONDS, check=False)
    return ran.stdout + ran.stderr


def _what(value):
    return "an empty value" if not value.strip() else "another value"


def _how(value):
    if value.strip() == CODE:
        return "There is blank space around it: --from-literal takes the value as it is."
    if value.startswith("Y3J1bWIt"):
        return "It is encoded twice: create secret does the base64 itself. Give it the plain value."
    if CODE in value:
        return "Only the value itself belongs there: --query SecretString --output text"
    return "aws secretsmanager get-secret-value --secret-id till/door-code tells it."
