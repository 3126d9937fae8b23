"""Task definitions as people have them, and the settings of each that must not get lost."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from checker.base.errors import CourseError
from checker.convert.convert import convert_task
from checker.convert.tracked_input import find_leaves, format_path
from checker.convert.write import dump_manifests
from tests.convert.samples import NAMES, at, converted, inputs, warned

FIRST = "Deployment POD.containers.0"
C0 = "containerDefinitions[0]"
C1 = "containerDefinitions[1]"

MAPPED: dict[str, dict[str, Any]] = {
    "single-web": {
        "Deployment metadata.name": "web",
        "Deployment spec.replicas": 1,
        "Deployment spec.selector.matchLabels": {"app": "web"},
        "Deployment spec.template.metadata.labels": {"app": "web"},
        f"{FIRST}.image": "nginx:1.26",
        f"{FIRST}.resources": {"requests": {"cpu": "125m"}, "limits": {"memory": "128Mi"}},
        f"{FIRST}.ports.0.hostPort": None,
        "Deployment POD.terminationGracePeriodSeconds": 30,
        "Service spec.type": None,
        "Service spec.selector": {"app": "web"},
        "Service spec.ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}],
    },
    "sample-shop": {
        "Deployment spec.replicas": 2,
        "Deployment spec.strategy.rollingUpdate": {"maxUnavailable": "50%", "maxSurge": "100%"},
        f"{FIRST}.resources.requests": {"cpu": "250m", "memory": "128Mi"},
        f"{FIRST}.resources.limits": {"memory": "256Mi"},
        f"{FIRST}.env.GREETING.value": "Hello from the shop",
        f"{FIRST}.readinessProbe.exec.command.0": "node",
        f"{FIRST}.readinessProbe.periodSeconds": 5,
        f"{FIRST}.livenessProbe.timeoutSeconds": 3,
        f"{FIRST}.livenessProbe.failureThreshold": 3,
        f"{FIRST}.startupProbe.failureThreshold": 5,
        "Deployment POD.terminationGracePeriodSeconds": 15,
        "Service spec.ports.0.targetPort": 3000,
    },
    "host-port": {
        f"{FIRST}.ports.0": {"containerPort": 8080, "protocol": "TCP"},
        "Service spec.ports": [
            {"name": "tcp-80", "port": 80, "targetPort": 8080, "protocol": "TCP"},
            {"name": "tcp-443", "port": 443, "targetPort": 8443, "protocol": "TCP"},
        ],
    },
    "fargate-api": {
        "Deployment spec.replicas": 4,
        "Deployment spec.progressDeadlineSeconds": 600,
        "Deployment spec.strategy.rollingUpdate": {"maxUnavailable": 0, "maxSurge": "50%"},
        "Deployment metadata.annotations": {"team": "orders", "cost-center": "4711"},
        "Deployment POD.serviceAccountName": "orders-api",
        "ServiceAccount metadata.annotations": {
            "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/orders-api"
        },
        "Deployment POD.nodeSelector": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"},
        f"{FIRST}.resources.limits": {"cpu": "500m", "memory": "1024Mi"},
        f"{FIRST}.env.DATABASE_URL.valueFrom.secretKeyRef": {
            "name": "orders-api-secrets",
            "key": "DATABASE_URL",
        },
        f"{FIRST}.readinessProbe.exec.command": [
            "/bin/sh",
            "-c",
            "curl -fsS http://localhost:8080/healthz || exit 1",
        ],
        # The grace period of the service is longer than startPeriod: 120 s and 3 times 15 s.
        f"{FIRST}.startupProbe.periodSeconds": 5,
        f"{FIRST}.startupProbe.failureThreshold": 33,
        "Service spec.type": "LoadBalancer",
        "Service spec.ports.0.appProtocol": "http",
    },
    "queue-worker": {
        "Deployment POD.terminationGracePeriodSeconds": 120,
        f"{FIRST}.args": ["node", "worker.js", "--queue", "mails"],
        f"{FIRST}.command": None,
        "Service spec": None,
        f"{FIRST}.readinessProbe": None,
    },
    "log-router": {
        "Deployment POD.initContainers.log-router.restartPolicy": "Always",
        "Deployment POD.initContainers.log-router.securityContext.runAsUser": 0,
        "Deployment POD.initContainers.log-router.resources.requests": {
            "cpu": "62m",
            "memory": "50Mi",
        },
        f"{FIRST}.name": "app",
        "Deployment POD.resources.limits": {"cpu": "1000m", "memory": "2048Mi"},
    },
    "envoy-sidecar": {
        "Deployment POD.initContainers.envoy.restartPolicy": "Always",
        "Deployment POD.initContainers.envoy.startupProbe.failureThreshold": 5,
        "Deployment POD.containers.app.name": "app",
        "Deployment POD.containers.envoy": None,
    },
    "migrate-first": {
        "Deployment POD.initContainers.migrate.args": ["python", "manage.py", "migrate"],
        "Deployment POD.initContainers.migrate.restartPolicy": None,
        "Deployment POD.containers.web.image": "crm:2",
    },
    "warm-up-complete": {
        "Deployment POD.initContainers.warm-up.livenessProbe": None,
        "Deployment POD.initContainers.warm-up.restartPolicy": None,
    },
    "chain-of-three": {
        "Deployment POD.initContainers.0.name": "proxy",
        "Deployment POD.initContainers.0.restartPolicy": "Always",
        "Deployment POD.initContainers.0.startupProbe.periodSeconds": 5,
        "Deployment POD.initContainers.0.startupProbe.failureThreshold": 12,
        "Deployment POD.initContainers.1.name": "fetch",
        "Deployment POD.initContainers.1.restartPolicy": None,
        f"{FIRST}.name": "main",
    },
    "wordpress-efs": {
        "PersistentVolumeClaim metadata.name": "wordpress-wp-content",
        "PersistentVolumeClaim spec.accessModes": ["ReadWriteMany"],
        "Deployment POD.volumes.wp-content.persistentVolumeClaim.claimName": "wordpress-wp-content",
        f"{FIRST}.volumeMounts.0": {"name": "wp-content", "mountPath": "/var/www/html/wp-content"},
        f"{FIRST}.readinessProbe.tcpSocket.port": 80,
    },
    "postgres-docker-volume": {
        "PersistentVolumeClaim spec.accessModes": ["ReadWriteOnce"],
        "Deployment spec.strategy.rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 0},
        f"{FIRST}.securityContext": {"runAsUser": 999, "runAsGroup": 999},
        f"{FIRST}.volumeMounts./dev/shm.name": None,
        "Deployment POD.volumes.postgres-shm.emptyDir": {"medium": "Memory", "sizeLimit": "128Mi"},
        "Service spec.ports.0.port": 5432,
    },
    "scratch-shared": {
        "Deployment POD.volumes.scratch-space.emptyDir": {},
        "Deployment POD.containers.resize.volumeMounts.0": {
            "name": "scratch-space",
            "mountPath": "/work",
        },
        "Deployment POD.containers.upload.volumeMounts.0": {
            "name": "scratch-space",
            "mountPath": "/work",
            "readOnly": True,
        },
    },
    "host-agent-daemon": {
        "DaemonSet spec.replicas": None,
        "DaemonSet spec.updateStrategy.rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 0},
        "DaemonSet POD.hostNetwork": True,
        "DaemonSet POD.hostPID": True,
        "DaemonSet POD.dnsPolicy": "ClusterFirstWithHostNet",
        "DaemonSet POD.volumes.proc.hostPath.path": "/proc",
        "DaemonSet POD.containers.0.securityContext": {"privileged": True},
        "DaemonSet POD.containers.0.volumeMounts.0.readOnly": True,
        "DaemonSet spec.template.metadata.annotations": {
            "com.example.agent": "true",
            "com.example.version": "7",
        },
    },
    "gpu-inference": {
        f"{FIRST}.resources.limits": {"memory": "15000Mi", "nvidia.com/gpu": 1},
        "Deployment POD.nodeSelector": {"node.kubernetes.io/instance-type": "g5.xlarge"},
        "Deployment POD.topologySpreadConstraints.0.topologyKey": "topology.kubernetes.io/zone",
        "Deployment POD.affinity.podAntiAffinity"
        ".requiredDuringSchedulingIgnoredDuringExecution.0.topologyKey": "kubernetes.io/hostname",
    },
    "hardened": {
        f"{FIRST}.securityContext": {
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]},
        },
        "Deployment POD.shareProcessNamespace": True,
        f"{FIRST}.volumeMounts.0.mountPath": "/tmp",
        "Deployment POD.volumes.app-tmpfs-1.emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"},
    },
    "sysctls": {
        "Deployment POD.securityContext.sysctls": [
            {"name": "net.ipv4.ip_local_port_range", "value": "1024 65000"},
            {"name": "net.core.somaxconn", "value": "4096"},
        ]
    },
    "statsd-udp": {
        "Service spec.type": "LoadBalancer",
        "Service spec.ports": [{"port": 8125, "targetPort": 8125, "protocol": "UDP"}],
        f"{FIRST}.readinessProbe": None,
    },
    "grpc-http2": {
        "Service spec.ports.grpc-pricing-ma.appProtocol": "kubernetes.io/h2c",
        "Service spec.ports.metrics.targetPort": 9090,
        f"{FIRST}.ports.0.name": "grpc-pricing-ma",
    },
    "port-range": {
        f"{FIRST}.ports.10.containerPort": 30009,
        f"{FIRST}.ports.11": None,
        "Service spec.ports.tcp-30005.targetPort": 30005,
    },
    "linked-bridge": {
        "Deployment POD.hostAliases.0": {"ip": "127.0.0.1", "hostnames": ["db", "mysql"]},
        "Service spec.ports.tcp-80.targetPort": 2368,
    },
    "same-port-twice": {"Service spec.ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}]},
    "env-files": {
        f"{FIRST}.envFrom": [
            {"configMapRef": {"name": "reports-reports-env-1"}},
            {"configMapRef": {"name": "reports-reports-env-2"}},
        ],
        f"{FIRST}.env.MODE.value": "nightly",
    },
    "tricky-values": {
        # Kubernetes makes $(HOME) of $$(HOME), and $5 of $$5.
        f"{FIRST}.env.PRICE.value": "$$(HOME) costs $$5",
        f"{FIRST}.args.2": "echo $$(date) $$$$ && sleep 3600",
        f"{FIRST}.env.LINES.value": "one\ntwo: 2\n",
        f"{FIRST}.env.EMPTY.value": "",
    },
    "awkward-names": {
        "Deployment metadata.name": "order-service",
        "Deployment POD.containers.0.name": "order-api",
        "Deployment POD.containers.1.name": "order-api-2",
        "Deployment POD.hostname": None,
        f"{FIRST}.env.GOOD.value": "1",
        f"{FIRST}.env.1": None,
    },
    "private-registry": {"Deployment POD.imagePullSecrets": [{"name": "closed-registry"}]},
    "dns-and-hosts": {
        "Deployment POD.dnsPolicy": "None",
        "Deployment POD.dnsConfig": {"nameservers": ["10.0.0.2"], "searches": ["corp.example.com"]},
        "Deployment POD.hostAliases": [
            {"ip": "10.1.2.3", "hostnames": ["legacy.corp.example.com"]}
        ],
        "Deployment POD.hostname": "resolver",
    },
    "ebs-at-launch": {
        "Deployment POD.volumes.index.ephemeral.volumeClaimTemplate.spec.resources.requests": {
            "storage": "100Gi"
        },
        f"{FIRST}.resources.limits.ephemeral-storage": "40Gi",
    },
    "windows": {
        "Deployment POD.nodeSelector": {
            "kubernetes.io/os": "windows",
            "kubernetes.io/arch": "amd64",
        },
        f"{FIRST}.command": ["powershell", "-Command"],
        f"{FIRST}.resources.limits": {"memory": "1024Mi", "cpu": "1000m"},
    },
    "external-anywhere": {
        f"{FIRST}.stdin": True,
        f"{FIRST}.tty": True,
        f"{FIRST}.workingDir": "/srv/kiosk",
        f"{FIRST}.command": ["/bin/sh", "-c"],
        f"{FIRST}.args": ["./run"],
        f"{FIRST}.resources": {"requests": {"memory": "64Mi"}},
    },
    "restart-policy": {"Deployment POD.containers.helper.image": "helper:1"},
    "task-cpu-many": {
        "Deployment POD.resources": {
            "requests": {"cpu": "2000m", "memory": "4096Mi"},
            "limits": {"cpu": "2000m", "memory": "4096Mi"},
        },
        "Deployment POD.containers.app.resources": {
            "requests": {"cpu": "1000m", "memory": "768Mi"},
            "limits": {"memory": "1024Mi"},
        },
        "Deployment spec.strategy.rollingUpdate": {"maxUnavailable": "34%", "maxSurge": "33%"},
    },
    "described": {
        "Deployment metadata.name": "ledger",
        "Deployment spec.replicas": 5,
        "Deployment spec.strategy.rollingUpdate": {"maxUnavailable": "20%", "maxSurge": "100%"},
        f"{FIRST}.resources": {"limits": {"memory": "300Mi"}},
        "Deployment POD.topologySpreadConstraints.0.topologyKey": "kubernetes.io/hostname",
    },
    "scaled-to-zero": {"Deployment spec.replicas": 0, f"{FIRST}.args": ["true"]},
    "ipc-shared": {"Deployment POD.shareProcessNamespace": True, "Deployment POD.hostIPC": None},
}

WARNED: dict[str, dict[str, str]] = {
    "single-web": {},
    "ipc-shared": {},
    "tricky-values": {},
    "port-range": {},
    "sample-shop": {f"{C0}.healthCheck.command": "must not be a liveness probe"},
    "host-port": {f"{C0}.portMappings[0].hostPort": "the Service listens on 80"},
    "fargate-api": {
        f"{C0}.image": "private registry",
        f"{C0}.secrets[0].valueFrom": "its part url",
        f"{C0}.secrets[1].valueFrom": "--from-literal=API_KEY=...",
        f"{C0}.logConfiguration": "kubectl logs",
        "taskRoleArn": "ServiceAccount orders-api",
        "executionRoleArn": "nodes pull images",
        "requiresCompatibilities": "a cluster has nodes",
        "service.networkConfiguration": "NetworkPolicy",
        "service.enableExecuteCommand": "kubectl exec",
        "service.loadBalancers[0].targetGroupArn": "cloud controller manager",
        "service.deploymentConfiguration.deploymentCircuitBreaker.rollback": "kubectl rollout undo",
    },
    "queue-worker": {"service.capacityProviderStrategy": "autoscaler"},
    "log-router": {
        f"{C1}.firelensConfiguration": "log collector",
        f"{C1}.essential": "ends the whole task",
    },
    "envoy-sidecar": {"proxyConfiguration": "service mesh", f"{C1}.ulimits": "cannot set them"},
    "warm-up-complete": {C1: "repeated until good", f"{C1}.healthCheck.command": "runs once"},
    "wordpress-efs": {
        "volumes[0].efsVolumeConfiguration": "nothing is copied",
        "service.loadBalancers[0].targetGroupArn": "into an httpGet",
    },
    "postgres-docker-volume": {
        "volumes[0].dockerVolumeConfiguration.driver": "storageClassName",
        f"{C0}.environment[1].value": "looks like a secret",
    },
    "scratch-shared": {f"{C1}.essential": "the kubelet starts it again"},
    "host-agent-daemon": {
        f"{C0}.privileged": "root on its node",
        "networkMode": "cannot share a node",
        "pidMode": "all processes of its node",
        "volumes[1].host": "whatever node",
    },
    "gpu-inference": {
        f"{C0}.resourceRequirements[0]": "device plugin",
        "service.placementStrategy[1]": "left out",
    },
    "hardened": {
        f"{C0}.dockerSecurityOptions": "apparmor:my-profile",
        f"{C0}.linuxParameters.tmpfs[0].mountOptions": "left out",
        f"{C0}.linuxParameters.initProcessEnabled": "collect dead children",
    },
    "sysctls": {f"{C0}.systemControls[1].namespace": "--allowed-unsafe-sysctls"},
    "statsd-udp": {f"{C0}.portMappings[1].containerPort": "no Service has it"},
    "linked-bridge": {f"{C0}.links": "share one address"},
    "same-port-twice": {f"{C1}.portMappings[0].containerPort": "left has the port 80 as well"},
    "env-files": {f"{C0}.environmentFiles[0].value": "create configmap reports-reports-env-1"},
    "awkward-names": {
        "family": "order-service",
        f"{C1}.name": "order-api-2",
        f"{C0}.environment[1]": "left out",
        f"{C0}.hostname": "no DNS label",
    },
    "private-registry": {f"{C0}.repositoryCredentials": "create secret docker-registry"},
    "dns-and-hosts": {f"{C0}.dnsServers": "do not resolve"},
    "external-anywhere": {f"{C0}.linuxParameters.devices": "device plugins"},
    "restart-policy": {
        f"{C0}.restartPolicy.ignoredExitCodes": "after any",
        f"{C1}.restartPolicy.enabled": "always restart",
    },
    "task-cpu-many": {
        "memory": "from 1.34 on",
        "service.deploymentConfiguration.maximumPercent": "one Pod more",
    },
    "described": {"revision": "no setting", "service.deployments": "no setting"},
}

NOT_WARNED = {
    "migrate-first": [f"{C1}.essential"],
    "described": [f"{C0}.essential", f"{C0}.cpu", "service.enableExecuteCommand"],
    "hardened": [f"{C0}.privileged"],
}

WITHOUT_EFFECT = {
    "networkMode",
    "ipcMode",
    "schedulingStrategy",
    "versionConsistency",
    "requiresCompatibilities[0]",
    "taskDefinition",
    "type",
}
"""Not warned of, they say what holds for every Pod anyway (awsvpc, task, REPLICA), or nothing
that matters here (EC2, the revision, the type s3, which is the only one)."""


def test_there_are_at_least_thirty_of_them_and_each_has_expectations() -> None:
    assert len(NAMES) >= 30
    assert set(NAMES) == set(MAPPED)


@pytest.mark.parametrize("name", NAMES)
def test_settings_arrive_in_the_manifests(name: str) -> None:
    found = {address: at(name, address) for address in MAPPED[name]}
    assert found == MAPPED[name]


@pytest.mark.parametrize("name", NAMES)
def test_what_has_no_counterpart_is_warned_of_by_its_path(name: str) -> None:
    found = warned(name)
    wanted = WARNED.get(name)
    if wanted == {}:
        assert found == {}
    for path, words in (wanted or {}).items():
        assert words in found.get(path, f"no warning for {path}")
    assert not set(NOT_WARNED.get(name, [])) & set(found)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_used_or_warned_of(name: str) -> None:
    usage = converted(name).usage
    task, service = inputs(name)
    every = [*find_leaves(task), *find_leaves(service, ("service",))]
    assert [format_path(path) for path in every if not usage.is_covered(path)] == []
    assert "has no counterpart here" not in " ".join(warned(name).values())


@pytest.mark.parametrize("name", NAMES)
def test_no_field_that_is_used_is_without_effect(name: str) -> None:
    """Change one field after the other: manifests, warnings or an error must tell."""
    usage, before = converted(name).usage, _outcome(*inputs(name))
    dead = []
    for which, given in enumerate(inputs(name)):
        root = ("service",) if which else ()
        for path in find_leaves(given):
            full = (*root, *path)
            if any(full[:n] in usage.warned for n in range(1, len(full) + 1)):
                continue
            if not any(_outcome(*each) != before for each in _changed(name, which, path)):
                dead.append(format_path(full))
    assert [path for path in dead if path.rpartition(".")[2] not in WITHOUT_EFFECT] == []


def _changed(name: str, which: int, path: tuple[str | int, ...]) -> Iterator[list[Any]]:
    """The input with a field taken away, and with another value in it."""
    for action in ("remove", "change"):
        both = [copy.deepcopy(each) for each in inputs(name)]
        inside: Any = both[which]
        for step in path[:-1]:
            inside = inside[step]
        if action == "remove":
            del inside[path[-1]]
        else:
            inside[path[-1]] = _another(inside[path[-1]])
        yield both


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else f"{value}9"


def _outcome(task: dict[str, Any], service: dict[str, Any]) -> tuple[str, str]:
    try:
        made = convert_task(task, service)
    except (CourseError, KeyError) as error:
        return type(error).__name__, str(error)
    return json.dumps(made.manifests), "\n".join(map(str, made.warnings))


@pytest.mark.parametrize("name", NAMES)
def test_the_text_says_what_was_made(name: str) -> None:
    made = converted(name).manifests
    assert list(yaml.safe_load_all(dump_manifests(made))) == made
