"""What must be true after the lab 'Autoscale'."""

from checker.checks import CheckFailed, task

KIND = "HorizontalPodAutoscaler"


@task("number", timeout=90)
def test_number(kube):
    """The autoscaler dough has a number to work with."""
    bakery = kube.namespace("bakery")
    [container] = bakery.deployment("dough").template["spec"]["containers"]
    if "cpu" not in container.get("resources", {}).get("requests", {}):
        raise CheckFailed(
            "a CPU request of the container dough",
            str(container.get("resources") or "no resources"),
            "Of what should the autoscaler take 50 %? See resources.requests in dough.yaml.",
        )
    dough = bakery.get(KIND, "dough").expect_condition("ScalingActive", "True", within=45)
    if not dough.status.get("currentMetrics"):
        raise CheckFailed("a value of its use", "none", "kubectl -n bakery describe hpa dough")


@task("range", timeout=60)
def test_range(kube):
    """oven has an autoscaler of 1 to 4 Pods at 50 % CPU, and four Pods under its load."""
    bakery = kube.namespace("bakery")
    oven = bakery.get(KIND, "oven")
    target = oven.spec["scaleTargetRef"]
    _same("it scales", f"{target['kind']} {target['name']}", "Deployment oven")
    bounds = f"{oven.spec.get('minReplicas', 1)} to {oven.spec['maxReplicas']} Pods"
    _same("its bounds", bounds, "1 to 4 Pods")
    targets = [_target(each) for each in oven.spec.get("metrics", [])]
    _same("its target", ", ".join(targets), "cpu at 50 %")
    bakery.deployment("oven").expect_replicas(4).expect_ready(within=20)


@task("shrink")
def test_shrink(kube):
    """till waits 30 seconds before it shrinks, and then goes by one Pod in 15 seconds."""
    till = kube.namespace("bakery").get(KIND, "till")
    down = till.spec.get("behavior", {}).get("scaleDown", {})
    window = down.get("stabilizationWindowSeconds", 300)
    _same("seconds before it shrinks", str(window), "30")
    policies = [
        f"{each['value']} {each['type']} in {each['periodSeconds']} s"
        for each in down.get("policies", [])
    ]
    _same("its policies of shrinking", ", ".join(policies), "1 Pods in 15 s")


def _target(metric):
    """In words, what one metric shall be kept at."""
    resource = metric.get("resource", {})
    percent = resource.get("target", {}).get("averageUtilization")
    return f"{resource.get('name', metric['type'])} at {percent} %"


def _same(what, found, wanted):
    """What was found is what is wanted."""
    if found != wanted:
        raise CheckFailed(
            f"{what}: {wanted}",
            found or "nothing",
            "kubectl explain hpa.spec --api-version=autoscaling/v2 --recursive shows all fields.",
        )
