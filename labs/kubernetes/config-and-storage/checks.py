"""What must be true after the lab 'Config and storage'."""

import hashlib
import json
import posixpath
import re

from checker.checks import CheckFailed, task
from checker.checks.core.secret_values import describe_encoding
from checker.checks.kubernetes.manifests import read_documents
from checker.checks.kubernetes.quantities import parse_quantity

GREETING, OTHER_GREETING = "Fresh at seven", "Rolls at nine"
PASSWORD, OTHER_PASSWORD = "rye-4711", "oat-1174"
START_SECONDS = 20

NOT_READY = [
    "sh",
    "-c",
    "echo yes > /usr/share/nginx/html/ready; "
    "echo 'events {} http { server { listen 80; root /usr/share/nginx/html; "
    "location = /ready { return 503; } } }' > /tmp/nginx.conf; "
    "exec nginx -c /tmp/nginx.conf -g 'daemon off;'",
]
"""A till that serves its pages, and says at /ready that it cannot work."""

BAKE = ["sh", "-c", "head -c 60000000 /dev/zero | tail -n 1 > /dev/null && exec sleep 36000"]
LEAST, MOST = "70Mi", "256Mi"
"""With a little less than the least, oven comes up now and then, by luck."""

HIDDEN = "A password goes into the Secret sign; the manifest only names it."


@task("sign")
def test_manifest(kube, workspace):
    """sign.yaml has the Deployment sign, and no password."""
    file = workspace.file("sign.yaml")
    # What YAML makes of it is searched as well: a text may be broken into lines, or escaped.
    for text in (file.text, json.dumps(read_documents(file), default=str)):
        if how := describe_encoding(PASSWORD, text):
            raise CheckFailed("a manifest without the password", f"{how} in sign.yaml", HIDDEN)
    kube.namespace("bakery").manifest(file, "sign")


@task("sign", timeout=90)
def test_sign(kube, workspace):
    """ConfigMap and Secret hold the settings, and the program runs with them."""
    bakery = kube.namespace("bakery")
    config = bakery.configmap("sign").expect_value(GREETING)
    secret = bakery.secret("sign").expect_value(PASSWORD)
    sign = bakery.deployment("sign")
    for each in (sign, config):
        if how := describe_encoding(PASSWORD, json.dumps(each.attrs)):
            expected = f"no password in the {each.display_name}"
            raise CheckFailed(expected, f"{PASSWORD} {how}", HIDDEN)
    written = bakery.manifest(workspace.file("sign.yaml"), "sign")
    sign.expect_same_spec(written, where="sign.yaml").expect_ready(within=START_SECONDS)
    for pod in sign.pods:
        _expect_settings(pod, GREETING, PASSWORD, "The running program has")
    changed = [(config, {GREETING: OTHER_GREETING}), (secret, {PASSWORD: OTHER_PASSWORD})]
    with sign.create_altered_pod(settings=changed) as pod:
        pod.expect_running(within=START_SECONDS)
        _expect_settings(
            pod,
            OTHER_GREETING,
            OTHER_PASSWORD,
            "A Pod that was given another ConfigMap and another Secret shows",
        )


@task("till", timeout=120)
def test_till(kube):
    """The readiness probe of till asks at /ready, and its Service has an endpoint."""
    bakery = kube.namespace("bakery")
    till = bakery.deployment("till")
    probe = till.main_container.get("readinessProbe")
    if not probe:
        raise CheckFailed(
            "a readiness probe of till", "none", "Without it, requests come before it is ready."
        )
    path = (probe.get("httpGet") or {}).get("path", "/ready")
    if path.partition("?")[0] != "/ready":
        step = "Change its `path` in till.yaml."
        raise CheckFailed("a readiness probe that asks at /ready", f"it asks at {path}", step)
    till.expect_ready(within=START_SECONDS)
    bakery.service("till").expect_pods_of(till, within=5).expect_answers(80, path="/ready")
    till.expect_probe_refuses(
        NOT_READY,
        port=80,
        within=45,
        next_step="This Pod answers at /ready with 503, so the probe asks elsewhere: "
        "let it ask at /ready on port 80.",
    )


@task("oven", timeout=90)
def test_oven(kube):
    """oven runs its command, with a memory limit of at most 256 MiB."""
    oven = kube.namespace("bakery").deployment("oven")
    container = oven.main_container
    command = [*container.get("command", []), *container.get("args", [])]
    if command != BAKE:
        step = "oven bakes as before; what it lacks is memory. Take the command from oven.yaml."
        raise CheckFailed(f"the command of oven as it was: {' '.join(BAKE)}", str(command), step)
    limit = (container.get("resources", {}).get("limits") or {}).get("memory")
    too_little = "With too little it ends OOMKilled: see resources, limits in oven.yaml."
    _expect_enough(parse_quantity(limit), too_little)
    oven.expect_ready(
        within=START_SECONDS,
        lasting=3,
        next_step=f"{too_little} kubectl -n bakery describe pod -l app=oven shows Last State.",
    )
    for pod in oven.pods:
        _expect_enough(pod.get_memory_limit(container=container["name"]), too_little)
        pod.expect_memory_limit(
            MOST,
            container=container["name"],
            next_step="Without one it could take all of its node: see resources, limits.",
        )


@task("ledger", timeout=90)
def test_ledger(kube):
    """The book of ledger is in the claim ledger of 16 MiB, and outlived a Pod."""
    bakery = kube.namespace("bakery")
    claim = bakery.pvc("ledger").expect_size("16Mi")
    ledger = bakery.deployment("ledger")
    container = ledger.main_container
    mounts = {
        posixpath.normpath(each["mountPath"]): each["name"]
        for each in container.get("volumeMounts", [])
    }
    volumes = {each["name"]: each for each in ledger.template["spec"].get("volumes", [])}
    volume = volumes.get(mounts.get("/book"), {})
    if (volume.get("persistentVolumeClaim") or {}).get("claimName") != "ledger":
        raise CheckFailed(
            "the volume at /book is the claim ledger",
            str(volume or "no volume"),
            "Name the claim in ledger.yaml, in place of emptyDir.",
        )
    ledger.expect_ready(within=START_SECONDS, lasting=1)
    claim.refresh().expect_bound(within=5)
    present = {pod.name for pod in bakery.pods()}
    for pod in ledger.pods:
        written = pod.read_log(container["name"])
        names = set(re.findall(r"^ledger-[a-z0-9]+-[a-z0-9]{5}$", written, re.MULTILINE))
        if not names - present:
            raise CheckFailed(
                "two names in the log of ledger: its own, and one of an earlier Pod",
                written.strip() or "an empty log",
                "Let the Pod be replaced, now that its book stays: kubectl -n bakery delete pod "
                + pod.name,
            )


def _expect_enough(size, step):
    """A memory limit, if there is one, is not too small."""
    if size is not None and size < parse_quantity(LEAST):
        found = f"{size / 2**20:.4g}Mi"
        raise CheckFailed(f"a memory limit of oven of at least {LEAST}", found, step)


def _expect_settings(pod, greeting, password, whose):
    """A Pod of sign shows this greeting, and seals with this password."""
    seal = hashlib.sha256(password.encode()).hexdigest()
    pod.expect_answers(
        80,
        contains=greeting,
        within=10,
        next_step=f"{whose} another greeting: GREETING must come from the ConfigMap sign. "
        "kubectl explain pod.spec.containers.envFrom; entries of env come before those of envFrom.",
    )
    pod.expect_answers(
        80,
        path="/seal",
        contains=seal,
        within=10,
        next_step=f"{whose} the seal of another password: PASSWORD must come from the Secret sign, "
        "without a line end behind it.",
    )
