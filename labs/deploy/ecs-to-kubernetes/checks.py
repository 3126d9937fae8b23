"""What must be true after the lab 'ECS to Kubernetes'."""

import hashlib

from checker.checks import CheckFailed, task

CODE = "crumb-4711"
SEAL = hashlib.sha256(f"{CODE}\n".encode()).hexdigest()
GREETING = "Two rolls, please"
PORT = 8080
READY_SECONDS = 25
MEMORY = ("48Mi", "50331648", "49152Ki")


@task("secret")
def test_secret(kube):
    """The Secret till-secrets in bakery holds the code of Secrets Manager."""
    found = kube.namespace("bakery").secret("till-secrets").expect_data("DOOR_CODE")
    value = found.data["DOOR_CODE"]
    if value != CODE:
        raise CheckFailed("the value of till/door-code in DOOR_CODE", _what(value), _how(value))


@task("pods", requires="secret")
def test_template(kube):
    """The Deployment till wants two Pods with the image and the greeting of taskdef.json."""
    till = kube.namespace("bakery").deployment("till")
    till.expect_replicas(2).expect_image("busybox:1.37")
    found = _variables(till).get("GREETING", {}).get("value")
    if found != GREETING:
        raise CheckFailed(
            f"GREETING is {GREETING!r}",
            repr(found),
            "`environment` of the task definition is `env` of the container.",
        )


@task("pods", requires="secret")
def test_memory(kube):
    """A till may use 48 MiB, as on ECS."""
    limits = _container(kube).get("resources", {}).get("limits", {})
    found = str(limits.get("memory", "none"))
    if found not in MEMORY:
        raise CheckFailed(
            "a memory limit of 48Mi",
            found,
            "ECS counts in MiB, which are written Mi here: 48M is less, 48m next to nothing.",
        )


@task("pods", requires="secret")
def test_code_comes_from_the_secret(kube):
    """DOOR_CODE comes from the Secret, and does not stand in the manifest."""
    entry = _variables(kube.namespace("bakery").deployment("till")).get("DOOR_CODE")
    if entry is None:
        raise CheckFailed(
            "DOOR_CODE in `env`, from the Secret",
            "no such variable",
            "env, valueFrom, secretKeyRef: the name of the Secret, and the key in it.",
        )
    if "value" in entry:
        raise CheckFailed(
            "DOOR_CODE from the Secret till-secrets",
            "its value stands in the Deployment",
            "Whoever may look at the Deployment reads the code. Use valueFrom, secretKeyRef.",
        )
    reference = entry.get("valueFrom", {}).get("secretKeyRef", {})
    if reference.get("name") != "till-secrets":
        raise CheckFailed(
            "DOOR_CODE from the Secret till-secrets", f"from {reference.get('name')}", ""
        )


@task("pods", requires="secret", timeout=60)
def test_pods_are_ready(kube):
    """Both tills are ready."""
    if probe := _container(kube).get("readinessProbe"):
        _expect_question(probe)
    kube.namespace("bakery").deployment("till").expect_ready(within=READY_SECONDS)


@task("door", requires="pods", timeout=60)
def test_door(kube):
    """The Service till passes port 80 on to both tills, and they greet and know the code."""
    door = kube.namespace("bakery").service("till")
    door.expect_port(80, target=PORT, next_step="The program listens on containerPort.")
    door.expect_endpoints(2, within=10)
    door.expect_answers(80, contains=GREETING, within=5)
    door.expect_answers(80, path="/seal", contains=SEAL, within=5)


@task("health", requires="pods")
def test_health(kube):
    """The readiness probe asks what the health check asks, every 5 seconds, 3 times."""
    probe = _container(kube).get("readinessProbe")
    if probe is None:
        raise CheckFailed(
            "a readinessProbe",
            "none",
            "Without one, a Pod gets requests before it can answer. A livenessProbe only restarts.",
        )
    _expect_question(probe)
    found = (probe.get("periodSeconds", 10), probe.get("failureThreshold", 3))
    if found != (5, 3):
        raise CheckFailed(
            "periodSeconds 5 and failureThreshold 3",
            f"{found[0]} and {found[1]}",
            "They are `interval` and `retries` of the health check.",
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


def _container(kube):
    return kube.namespace("bakery").deployment("till").template["spec"]["containers"][0]


def _variables(till):
    container = till.template["spec"]["containers"][0]
    return {each["name"]: each for each in container.get("env") or []}


def _expect_question(probe):
    """The probe asks /health on the program's port, itself or by a command."""
    asked = probe.get("httpGet", {})
    command = " ".join(probe.get("exec", {}).get("command", []))
    good = asked.get("path") == "/health" and asked.get("port") in (PORT, str(PORT))
    if not good and f":{PORT}/health" not in command.replace("/healthz", ""):
        raise CheckFailed(
            "a probe that asks /health on port 8080",
            command or f"{asked.get('path', 'no path')} on port {asked.get('port', 'none')}",
            "The command of the health check says what to ask; /health is the till's path.",
        )


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
