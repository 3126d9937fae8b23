"""The control plane as it was made, kept to mend it after it was taken apart.

Kept inside the control plane's container: the files that kubeadm wrote, and a backup of etcd. What
can be mended without it is mended without it, since the backup knows nothing of later work.
"""

from __future__ import annotations

import time

from checker import process
from checker.engines import docker

KEEP_SECONDS = 60.0
STEP_SECONDS = 120.0
READY_SECONDS = 45.0
POLL_SECONDS = 0.5

ETCDCTL = (
    "etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt"
    " --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key"
)
KEEP = f"""\
set -e
rm -rf /kind/pristine
mkdir -p /kind/pristine.new
cp -a /etc/kubernetes /kind/pristine.new/kubernetes
cp -a /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /kind/pristine.new/
{ETCDCTL} snapshot save /kind/pristine.new/etcd.db
mv /kind/pristine.new /kind/pristine
"""
SERVICES = """\
systemctl unmask containerd kubelet 2>/dev/null
systemctl enable --now containerd kubelet
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
cp -a /kind/pristine/config.yaml /kind/pristine/kubeadm-flags.env /var/lib/kubelet/
"""
ETCD = """\
set -e
mkdir -p /kind/stopped
mv /etc/kubernetes/manifests/*.yaml /kind/stopped/
for name in etcd kube-apiserver; do
  for i in $(seq 100); do
    pgrep -x "$name" > /dev/null || break
    sleep 0.2
  done
done
rm -rf /var/lib/etcd/*
etcdutl snapshot restore /kind/pristine/etcd.db --data-dir /var/lib/etcd/new \\
  --name "$(hostname)" --bump-revision 1000000000 --mark-compacted \\
  --initial-cluster "$(hostname)=https://$(hostname -i | cut -d ' ' -f 1):2380" \\
  --initial-advertise-peer-urls "https://$(hostname -i | cut -d ' ' -f 1):2380"
mv /var/lib/etcd/new/member /var/lib/etcd/member
mv /kind/stopped/*.yaml /etc/kubernetes/manifests/
systemctl restart kubelet
"""
"""Revisions go up, so that whoever watches notices: etcd.io, op-guide, recovery."""

ALIVE = """\
export KUBECONFIG=/etc/kubernetes/admin.conf
kubectl get --raw /readyz > /dev/null &&
kubectl -n kube-system get daemonset/kube-proxy deployment/coredns > /dev/null
"""


def keep(node: str) -> None:
    """Keep the control plane as it is now."""
    _inside(node, KEEP, KEEP_SECONDS)


def restore(nodes: list[str]) -> bool:
    """Bring nodes and control plane back to what was kept; etcd only where nothing else helps.

    Returns:
        False if something is missing that is needed for it.
    """
    process.run(
        ["docker", "start", *nodes], timeout=STEP_SECONDS, env=docker.environment(), check=False
    )
    control_plane = nodes[0]
    if not _inside(control_plane, FILES, STEP_SECONDS, check=False):
        return False
    for node in nodes:
        _inside(node, SERVICES, STEP_SECONDS, check=False)
    if _becomes_alive(control_plane):
        return True
    _inside(control_plane, ETCD, STEP_SECONDS, check=False)
    return _becomes_alive(control_plane)


def _becomes_alive(node: str) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if _inside(node, ALIVE, STEP_SECONDS, check=False):
            return True
        time.sleep(POLL_SECONDS)
    return False


def _inside(node: str, script: str, seconds: float, check: bool = True) -> bool:
    command = ["docker", "exec", node, "bash", "-c", script]
    done = process.run(command, timeout=seconds, env=docker.environment(), check=check)
    return done.status == 0
