"""The control plane as it was made, kept to mend it after it was taken apart.

Kept inside the control plane's container: the files that kubeadm wrote, and a backup of etcd; in
every node, how its kubelet is started. What can be mended without the backup is mended without it,
since the backup knows nothing of later work.
"""

from __future__ import annotations

import time

from checker.base import process
from checker.docker import docker_engine

KEEP_SECONDS = 60.0
STEP_SECONDS = 120.0
READY_SECONDS = 15.0
AGAIN_SECONDS = 60.0
POLL_SECONDS = 0.5

ADMIN = "export KUBECONFIG=/etc/kubernetes/admin.conf"
SPECS = "kubectl -n kube-system get daemonsets,deployments -o jsonpath={.items[*].spec}"
KEEP = f"""\
set -e
{ADMIN}
rm -rf /kind/pristine /kind/pristine.new
mkdir -p /kind/pristine.new
cp -a /etc/kubernetes /kind/pristine.new/kubernetes
{SPECS} > /kind/pristine.new/specs
etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \\
  --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key \\
  snapshot save /kind/pristine.new/etcd.db
mv /kind/pristine.new /kind/pristine
"""
KEEP_KUBELET = """\
set -e
mkdir -p /kind/kubelet
cp -a /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /kind/kubelet/
"""
FILES = """\
test -d /kind/pristine || exit 1
mkdir -p /etc/kubernetes/manifests
for file in /etc/kubernetes/manifests/*; do
  test -e "/kind/pristine/kubernetes/manifests/${file##*/}" || rm -f "$file"
done
cd /kind/pristine/kubernetes
find . -type f | while read -r file; do
  mkdir -p "$(dirname "/etc/kubernetes/$file")"
  cmp -s "$file" "/etc/kubernetes/$file" || cp -a "$file" "/etc/kubernetes/$file"
done
"""
KUBELET = "systemctl restart kubelet"
SERVICES = """\
test ! -d /kind/kubelet || cp -a /kind/kubelet/. /var/lib/kubelet/
test -d /kind/pristine || rm -f /etc/kubernetes/manifests/*
systemctl unmask containerd kubelet 2>/dev/null
systemctl reset-failed
systemctl enable --now containerd
systemctl enable kubelet
systemctl restart kubelet
"""
"""A kubelet that was restarted forgets how long it wanted to wait before it starts a Pod again."""

ANSWERS = f"{ADMIN}; kubectl get --raw /readyz > /dev/null"
AS_MADE = f"""\
{ADMIN}
kubectl uncordon $(kubectl get nodes -o name) > /dev/null
{SPECS} | cmp -s - /kind/pristine/specs
"""
STRANGERS = f"""\
{ADMIN}
kubectl get nodes --no-headers -o custom-columns=NAME:.metadata.name,ID:.spec.providerID |
  awk '$2 !~ "^kind://docker/[^/]+/" $1 "$" {{print $1}}'
"""
"""Nodes that have no provider id of kind's, or another's: it can be given only once. A kubelet
makes its Node only when it starts."""

DISOWN = f"""\
strangers=$({STRANGERS})
test -z "$strangers" || {{ kubectl delete node $strangers > /dev/null && echo $strangers; }}
"""
INTACT = f"""\
diff -rq /kind/pristine/kubernetes/manifests /etc/kubernetes/manifests || exit 1
{ANSWERS} && {SPECS} | cmp -s - /kind/pristine/specs && test -z "$({STRANGERS})"
"""
FREE = f"{ADMIN}; kubectl -n kube-system delete lease kube-scheduler kube-controller-manager"
RUNS = """\
for service in containerd kubelet; do  # of several, is-active is content with one
  systemctl is-active --quiet "$service" || exit 1
done
for file in $(ls /kind/kubelet 2>/dev/null); do
  cmp -s "/kind/kubelet/$file" "/var/lib/kubelet/$file" || exit 1
done
test -d /kind/pristine || test -z "$(ls /etc/kubernetes/manifests 2>/dev/null)"
"""
"""A worker has no static Pods of its own."""

ETCD = """\
set -e
systemctl stop kubelet
for name in kube-apiserver etcd kube-controller kube-scheduler; do
  pkill -KILL -x "$name" || true
done
name=$(hostname)
peer=$(grep -o 'https://[0-9.]*:2380' /etc/kubernetes/manifests/etcd.yaml | head -1)
rm -rf /var/lib/etcd/*
etcdutl snapshot restore /kind/pristine/etcd.db --data-dir /var/lib/etcd/new \
  --name "$name" --initial-cluster "$name=$peer" --initial-advertise-peer-urls "$peer" \
  --bump-revision 1000000000 --mark-compacted
mv /var/lib/etcd/new/member /var/lib/etcd/member
rmdir /var/lib/etcd/new
systemctl start kubelet
"""
"""Revisions go up, so that whoever watches notices: etcd.io, op-guide, recovery."""


def keep(nodes: list[str]) -> None:
    """Keep the control plane, and how each kubelet is started, as they are now."""
    for node in nodes:
        _inside(node, KEEP_KUBELET, KEEP_SECONDS)
    _inside(nodes[0], KEEP, KEEP_SECONDS)


def restore(nodes: list[str]) -> bool:
    """Bring running nodes back to what was kept; etcd only where nothing else helps.

    Returns:
        False if something is missing that is needed for it.
    """
    control_plane = nodes[0]
    if not _inside(control_plane, FILES, STEP_SECONDS, check=False):
        return False
    for node in nodes:
        _inside(node, SERVICES, STEP_SECONDS, check=False)
    if _answers(control_plane, READY_SECONDS):
        _disown(nodes)
        if _inside(control_plane, AS_MADE, STEP_SECONDS, check=False):
            return True
    _inside(control_plane, ETCD, STEP_SECONDS, check=False)
    if not _answers(control_plane, AGAIN_SECONDS):
        return False
    for node in nodes[1:]:  # it may have ended a Pod, of which etcd says again that it runs
        _inside(node, KUBELET, STEP_SECONDS, check=False)
    return True


def free_leases(node: str) -> None:
    """Let the control plane lead at once: a leader that was killed still holds its Lease for 15 s.

    One that lives writes its Lease again (client-go, leaderelection: a Lease not found is created).
    """
    if _answers(node, AGAIN_SECONDS):
        _inside(node, FREE, STEP_SECONDS, check=False)


def is_intact(nodes: list[str]) -> bool:
    """Whether every part of the cluster is there and as it was made."""
    return _inside(nodes[0], INTACT, STEP_SECONDS, check=False) and all(
        _inside(node, RUNS, STEP_SECONDS, check=False) for node in nodes
    )


def _disown(nodes: list[str]) -> None:
    """Delete Nodes that kind did not make; kubelets make their own anew."""
    for name in _output(nodes[0], DISOWN, STEP_SECONDS).split():
        if name in nodes:
            _inside(name, KUBELET, STEP_SECONDS, check=False)


def _answers(node: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _inside(node, ANSWERS, STEP_SECONDS, check=False):
            return True
        time.sleep(POLL_SECONDS)
    return False


def _output(node: str, script: str, seconds: float) -> str:
    return _run(node, script, seconds, check=False).output


def _inside(node: str, script: str, seconds: float, check: bool = True) -> bool:
    return _run(node, script, seconds, check).status == 0


def _run(node: str, script: str, seconds: float, check: bool) -> process.Completed:
    command = ["docker", "exec", node, "bash", "-c", script]
    return process.run(command, timeout=seconds, env=docker_engine.environment(), check=check)
