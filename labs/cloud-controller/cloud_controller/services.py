"""The service controller: a load balancer for every Service of type LoadBalancer."""

from __future__ import annotations

from cloud_controller.cloud import Cloud
from cloud_controller.cluster import Cluster, Object
from cloud_controller.haproxy import KUBE_PROXY_HEALTH, Backend, Balancer
from cloud_controller.nodes import UNINITIALIZED, internal_addresses, taint_keys

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
CLASS = "course.cloud/docker"
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"


class Refused(Exception):
    """The Service asks for something that this cloud does not have; trying again is of no use."""


def is_wanted(service: Object) -> bool:
    """Whether the Service wants a load balancer from us, and not from another controller."""
    spec = service["spec"]
    ours = spec.get("loadBalancerClass") in (None, CLASS)
    going = "deletionTimestamp" in service["metadata"]
    return spec.get("type") == "LoadBalancer" and ours and not going


def backends(nodes: list[Object]) -> tuple[Backend, ...]:
    """The machines that take traffic. Whether they are well is for HAProxy to find out."""
    return tuple(
        Backend(node["metadata"]["name"], address)
        for node in sorted(nodes, key=lambda each: str(each["metadata"]["name"]))
        if _takes_traffic(node)
        for address in internal_addresses(node)
    )


def plan(service: Object, machines: tuple[Backend, ...]) -> Balancer:
    """The load balancer that a Service wants.

    Raises:
        Refused: It wants UDP or SCTP, or has no node ports.
    """
    meta, spec = service["metadata"], service["spec"]
    for port in spec["ports"]:
        if port.get("protocol", "TCP") != "TCP":
            raise Refused(
                f"port {port['port']} is {port['protocol']}: this load balancer forwards TCP only"
            )
        if not port.get("nodePort"):
            raise Refused(f"port {port['port']} has no node port, which this load balancer needs")
    return Balancer(
        service=f"{meta['namespace']}/{meta['name']}",
        uid=meta["uid"],
        ports=tuple(sorted((port["port"], port["nodePort"]) for port in spec["ports"])),
        backends=machines,
        health_port=spec.get("healthCheckNodePort") or KUBE_PROXY_HEALTH,
        sticky=spec.get("sessionAffinity") == "ClientIP",
        sources=tuple(spec.get("loadBalancerSourceRanges") or ()),
    )


class ServiceController:
    """Makes the cloud's load balancers what the Services say."""

    def __init__(self, cluster: Cluster, cloud: Cloud) -> None:
        self._cluster, self._cloud = cluster, cloud
        self._told: dict[str, str] = {}

    def sync(self, key: str) -> None:
        """Look at one Service, NAMESPACE/NAME, and do what is missing; nothing else is needed."""
        service = self._cluster.service(key)
        try:
            if service is None:
                if self._cloud.remove(key):
                    print(f"service {key}: gone, load balancer removed", flush=True)
            elif is_wanted(service):
                self._ensure(key, service)
            else:
                self._clean_up(key, service)
            self._told.pop(key, None)
        except Refused as error:
            self._tell(key, service, str(error))
        except Exception as error:
            self._tell(key, service, f"failed to ensure load balancer: {error}")
            raise

    def _ensure(self, key: str, service: Object) -> None:
        """Finalizer first, status last: killed in between, the next process goes on from there."""
        wanted = plan(service, backends(self._cluster.nodes()))
        self._set_finalizer(key, service, True)
        is_new = not self._cloud.has(wanted)
        if is_new:
            self._cluster.record(
                service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer"
            )
        address, changed = self._cloud.ensure(wanted)
        status = {"ingress": [{"ip": address, "ipMode": "Proxy"}]}
        if service.get("status", {}).get("loadBalancer") != status:
            self._cluster.patch_service_status(key, {"status": {"loadBalancer": status}})
        if is_new:
            self._cluster.record(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer")
        elif changed:
            self._cluster.record(service, "Normal", "UpdatedLoadBalancer", "Updated load balancer")
        if is_new or changed:
            where = ", ".join(f"{port} on 127.0.0.1:{node}" for port, node in wanted.ports)
            print(f"service {key}: load balancer at {address}, port {where}", flush=True)

    def _clean_up(self, key: str, service: Object) -> None:
        removed = self._cloud.remove(key)
        if FINALIZER not in service["metadata"].get("finalizers", []):
            return
        if "deletionTimestamp" not in service["metadata"]:
            self._cluster.patch_service_status(key, {"status": {"loadBalancer": None}})
        self._cluster.record(service, "Normal", "DeletedLoadBalancer", "Deleted load balancer")
        fresh = self._cluster.service(key)  # the status was changed: it is another version
        if fresh:
            self._set_finalizer(key, fresh, False)
        print(f"service {key}: load balancer {'removed' if removed else 'was gone'}", flush=True)

    def _set_finalizer(self, key: str, service: Object, present: bool) -> None:
        """Names the version that was read, so that nobody else's finalizer is overwritten."""
        meta = service["metadata"]
        others = [each for each in meta.get("finalizers", []) if each != FINALIZER]
        wanted = [*others, FINALIZER] if present else others
        if set(wanted) != set(meta.get("finalizers", [])):
            change = {"resourceVersion": meta["resourceVersion"], "finalizers": wanted}
            self._cluster.patch_service(key, {"metadata": change})

    def _tell(self, key: str, service: Object | None, message: str) -> None:
        """An Event, unless the last try said the same. A key has one worker: no lock is needed."""
        known = self._told.get(key) == message
        self._told[key] = message
        if service and not known:
            self._cluster.record(service, "Warning", "SyncLoadBalancerFailed", message)
            print(f"service {key}: {message}", flush=True)


def _takes_traffic(node: Object) -> bool:
    out = EXCLUDED in node["metadata"].get("labels", {}) or UNINITIALIZED in taint_keys(node)
    return not out and "deletionTimestamp" not in node["metadata"]
