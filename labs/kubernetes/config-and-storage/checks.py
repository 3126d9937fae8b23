"""What must be true after the lab 'Config and storage'."""

import hashlib

from checker.checks import CheckFailed, task

SEALED_WITH = "rye-4711"
MIB = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024}
START_SECONDS = 20


@task("sign")
def test_manifest(workspace):
    """sign.yaml holds no password."""
    if SEALED_WITH in workspace.file("sign.yaml").text:
        raise CheckFailed(
            "a manifest without the password",
            f"{SEALED_WITH} in sign.yaml",
            "A password goes into the Secret sign; the manifest only names it.",
        )


@task("sign", timeout=60)
def test_sign(kube):
    """ConfigMap and Secret hold the settings, and the program runs with them."""
    bakery = kube.namespace("bakery")
    bakery.configmap("sign").expect_data("GREETING", "Fresh at seven")
    bakery.secret("sign").expect_data("PASSWORD", SEALED_WITH)
    sign = bakery.deployment("sign").expect_ready(within=START_SECONDS)
    named = str(_container(sign))
    if "configMap" not in named or "secret" not in named:
        raise CheckFailed(
            "variables of sign from ConfigMap and Secret",
            str(_container(sign).get("env", "no variables")),
            "See envFrom, or valueFrom in env: kubectl explain pod.spec.containers.envFrom",
        )
    pod = next(iter(sign.pods))
    path = f"/api/v1/namespaces/bakery/pods/{pod.name}:80/proxy"
    kube.raw(f"{path}/").expect_text("Fresh at seven")
    kube.raw(f"{path}/seal").expect_text(hashlib.sha256(SEALED_WITH.encode()).hexdigest())


@task("till", timeout=60)
def test_till(kube):
    """The readiness probe of till asks at /ready, and its Service has an endpoint."""
    bakery = kube.namespace("bakery")
    till = bakery.deployment("till")
    probe = _container(till).get("readinessProbe")
    if not probe:
        raise CheckFailed(
            "a readiness probe of till", "none", "Without it, requests come before it is ready."
        )
    if probe.get("httpGet", {}).get("path") != "/ready":
        raise CheckFailed(
            "a readiness probe that asks at /ready", str(probe), "Change its `path` in till.yaml."
        )
    till.expect_ready(within=START_SECONDS)
    bakery.service("till").expect_endpoints(at_least=1, within=5)


@task("oven", timeout=60)
def test_oven(kube):
    """oven runs, with a memory limit of at most 256 MiB."""
    oven = kube.namespace("bakery").deployment("oven")
    limit = str(_container(oven).get("resources", {}).get("limits", {}).get("memory", ""))
    size = MIB.get(limit[-2:], 0) * float(limit[:-2]) if limit[:-2].isdecimal() else 0
    if not 64 <= size <= 256:
        raise CheckFailed(
            "a memory limit of oven of 64Mi to 256Mi",
            limit or "none",
            "Without one it could take all of its node; with too little it ends OOMKilled.",
        )
    oven.expect_ready(within=START_SECONDS)


@task("ledger", timeout=60)
def test_ledger(kube):
    """The book of ledger is in the claim ledger, and outlived a Pod."""
    bakery = kube.namespace("bakery")
    claim = bakery.pvc("ledger")
    ledger = bakery.deployment("ledger")
    mounts = {
        each["mountPath"]: each["name"] for each in _container(ledger).get("volumeMounts", [])
    }
    volumes = {each["name"]: each for each in ledger.template["spec"].get("volumes", [])}
    volume = volumes.get(mounts.get("/book"), {})
    if volume.get("persistentVolumeClaim", {}).get("claimName") != "ledger":
        raise CheckFailed(
            "the volume at /book is the claim ledger",
            str(volume or "no volume"),
            "Name the claim in ledger.yaml, in place of emptyDir.",
        )
    ledger.expect_ready(within=START_SECONDS)
    claim.expect_bound(within=5)
    for pod in ledger.pods:
        names = set(pod.logs.split())
        if not names - {pod.name}:
            raise CheckFailed(
                "two names in the log of ledger: its own, and one of an earlier Pod",
                pod.logs.strip() or "an empty log",
                "Let the Pod be replaced, now that its book stays: kubectl -n bakery delete pod "
                + pod.name,
            )


def _container(deployment):
    """The first container of the template."""
    return deployment.template["spec"]["containers"][0]
