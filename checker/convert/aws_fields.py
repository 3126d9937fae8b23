"""Fields of a service that say something about AWS around it, and what takes their place."""

from __future__ import annotations

from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import Object, TrackedInput

PLACES = {
    "cluster": "left out: kubectl knows the cluster by its context.",
    "clusterArn": "left out: kubectl knows the cluster by its context.",
    "clientToken": "left out: kubectl apply can be repeated anyway.",
    "launchType": "left out: the scheduler chooses among the nodes.",
    "capacityProviderStrategy": "left out: nodes are added by a cluster autoscaler.",
    "platformVersion": "left out: it is Fargate's.",
    "platformFamily": "left out: it is Fargate's.",
    "role": "left out: the cloud controller manager has its own.",
    "roleArn": "left out: the cloud controller manager has its own.",
    "serviceRegistries": "left out: the cluster's DNS knows every Service by its name.",
    "networkConfiguration": "left out: subnets are the nodes'; instead of security groups write a "
    "NetworkPolicy.",
    "deploymentController": "left out: the Deployment's controller rolls.",
    "enableExecuteCommand": "kubectl exec needs no switch, only the right to use it.",
    "serviceConnectConfiguration": "left out: a Service has a name and a port; for the rest there "
    "are service meshes.",
    "vpcLatticeConfigurations": "left out: see the Gateway API.",
    "monitoring": "left out: metrics-server, or a monitoring of the cluster.",
    "availabilityZoneRebalancing": "left out: see topologySpreadConstraints.",
    "propagateTags": "left out: labels of the template are those of the Pods.",
    "enableECSManagedTags": "left out.",
}
PRINTED = "is what ECS printed, no setting."
PRINTED_TASK = (
    "taskDefinitionArn",
    "revision",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "deregisteredAt",
    "deleteRequestedAt",
    "registeredBy",
    "status",
)
PRINTED_SERVICE = (
    "serviceArn",
    "status",
    "runningCount",
    "pendingCount",
    "deployments",
    "events",
    "createdAt",
    "createdBy",
    "taskSets",
    "currentServiceDeployment",
    "currentServiceRevisions",
    "resourceManagementType",
)


def warn_of_aws_fields(draft: Draft) -> Object:
    """Warn of what stays behind; tags become annotations of the Deployment."""
    for name in PRINTED_TASK:
        draft.task.omit(name, PRINTED)
    for name in PRINTED_SERVICE:
        draft.service.omit(name, PRINTED)
    for name, text in PLACES.items():
        # What is switched off is off here as well: no warning.
        if draft.service.value.get(name) is False:
            draft.service.usage.used.add((*draft.service.path, name))
        else:
            draft.service.omit(name, text)
    named = str(draft.service.take("taskDefinition", ""))
    family = named.rpartition("/")[2].partition(":")[0]
    if named and family != draft.task.value.get("family"):
        draft.service.warn(
            "taskDefinition",
            f"the service runs {family!a}, but this task definition is "
            f"{draft.task.value.get('family')!a}.",
        )
    return {**_convert_tags(draft.task), **_convert_tags(draft.service)}


def _convert_tags(source: TrackedInput) -> dict[str, str]:
    annotations: dict[str, str] = {}
    for tag in source.get_parts("tags"):
        key = tag.take("key", "")
        if names.is_annotation_key(key):
            annotations[key] = tag.take("value", "")
        else:
            tag.warn("", f"{key!a} cannot be the key of an annotation; left out.")
    return annotations
