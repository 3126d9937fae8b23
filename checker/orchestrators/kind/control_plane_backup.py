"""A backup of the control plane, to mend it after it was taken apart.

It is inside the control plane's container: the files that kubeadm wrote, and a snapshot of etcd; in
every node, how its kubelet is started. What can be mended without the backup is mended without it,
since the backup knows nothing of later work.
"""

from __future__ import annotations

from checker.base.polling import wait_until
from checker.base.process import Completed
from checker.docker import connection

SAVE_SECONDS = 60.0
STEP_SECONDS = 120.0
READY_SECONDS = 15.0
AGAIN_SECONDS = 60.0
POLL_SECONDS = 0.5

ADMIN = "export KUBECONFIG=/etc/kubernetes/admin.conf"
SPECS = "kubectl -n kube-system get daemonsets,deployments -o jsonpath={.items[*].spec}"
# Clusters of earlier versions have their backup under this name too.
BACKUP = "/kind/pristine"
SAVE = f"""\
set -e
{ADMIN}
rm -rf {BACKUP} {BACKUP}.new
mkdir -p {BACKUP}.new
cp -a /etc/kubernetes {BACKUP}.new/kubernetes
{SPECS} > {BACKUP}.new/specs
etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \\
  --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key \\
  snapshot save {BACKUP}.new/etcd.db
mv {BACKUP}.new {BACKUP}
"""
SAVE_KUBELET = """\
set -e
mkdir -p /kind/kubelet
cp -a /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /kind/kubelet/
"""
FILES = f"""\
test -d {BACKUP} || exit 1
mkdir -p /etc/kubernetes/manifests
for file in /etc/kubernetes/manifests/*; do
  test -e "{BACKUP}/kubernetes/manifests/${{file##*/}}" || rm -f "$file"
done
cd {BACKUP}/kubernetes
find . -type f | while read -r file; do
  mkdir -p "$(dirname "/etc/kubernetes/$file")"
  cmp -s "$file" "/etc/kubernetes/$file" || cp -a "$file" "/etc/kubernetes/$file"
done
"""
KUBELET = "systemctl restart kubelet"
SERVICES = f"""\
test ! -d /kind/kubelet || cp -a /kind/kubelet/. /var/lib/kubelet/
test -d {BACKUP} || rm -f /etc/kubernetes/manifests/*
systemctl unmask containerd kubelet 2>/dev/null
systemctl reset-failed
systemctl enable --now containerd
systemctl enable kubelet
systemctl restart kubelet
"""
"""A kubelet that was restarted forgets how long it wanted to wait before it starts a Pod again."""

ANSWERS = f"{ADMIN}; kubectl get --raw /readyz > /dev/null"
SAME_SPECS = f"""\
{ADMIN}
kubectl uncordon $(kubectl get nodes -o name) > /dev/null
{SPECS} | cmp -s - {BACKUP}/specs
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
diff -rq {BACKUP}/kubernetes/manifests /etc/kubernetes/manifests || exit 1
{ANSWERS} && {SPECS} | cmp -s - {BACKUP}/specs && test -z "$({STRANGERS})"
"""
FREE = f"{ADMIN}; kubectl -n kube-system delete lease kube-scheduler kube-controller-manager"
RUNS = f"""\
for service in containerd kubelet; do  # of several, is-active is content with one
  systemctl is-active --quiet "$service" || exit 1
done
for file in $(ls /kind/kubelet 2>/dev/null); do
  cmp -s "/kind/kubelet/$file" "/var/lib/kubelet/$file" || exit 1
done
test -d {BACKUP} || test -z "$(ls /etc/kubernetes/manifests 2>/dev/null)"
"""
"""A worker has no static Pods of its own."""

ETCD = f"""\
set -e
systemctl stop kubelet
for name in kube-apiserver etcd kube-controller kube-scheduler; do
  pkill -KILL -x "$name" || true
done
name=$(hostname)
peer=$(grep -o 'https://[0-9.]*:2380' /etc/kubernetes/manifests/etcd.yaml | head -1)
rm -rf /var/lib/etcd/*
etcdutl snapshot restore {BACKUP}/etcd.db --data-dir /var/lib/etcd/new \
  --name "$name" --initial-cluster "$name=$peer" --initial-advertise-peer-urls "$peer" \
  --bump-revision 1000000000 --mark-compacted
mv /var/lib/etcd/new/member /var/lib/etcd/member
rmdir /var/lib/etcd/new
systemctl start kubelet
"""
"""Revisions go up, so that whoever watches notices: etcd.io, op-guide, recovery."""


def save_backup(nodes: list[str]) -> None:
    """Save a backup of the control plane, the first node, and of how each kubelet is started.

    Raises:
        CommandFailed: A node does not do it.
    """
    for node in nodes:
        _run_in_node(node, SAVE_KUBELET, SAVE_SECONDS, check=True)
    _run_in_node(nodes[0], SAVE, SAVE_SECONDS, check=True)


def restore_backup(nodes: list[str]) -> bool:
    """Bring running nodes back to the backup; etcd only where nothing else helps.

    Returns:
        False if something is missing that is needed for it.
    """
    control_plane = nodes[0]
    if _run_in_node(control_plane, FILES).status != 0:
        return False
    for node in nodes:
        _run_in_node(node, SERVICES)

    if wait_for_api(control_plane, READY_SECONDS):
        # kind did not create these Nodes; the kubelets of real ones register them again.
        for name in _run_in_node(control_plane, DISOWN).output.split():
            if name in nodes:
                _run_in_node(name, KUBELET)
        if _run_in_node(control_plane, SAME_SPECS).status == 0:
            return True

    _run_in_node(control_plane, ETCD)
    if not wait_for_api(control_plane, AGAIN_SECONDS):
        return False
    for node in nodes[1:]:  # it may have ended a Pod, of which etcd says again that it runs
        _run_in_node(node, KUBELET)
    return True


def delete_leader_leases(node: str) -> None:
    """Let the control plane lead at once: a leader that was killed still holds its Lease for 15 s.

    One that lives writes its Lease again (client-go, leaderelection: a Lease not found is created).
    """
    if wait_for_api(node, AGAIN_SECONDS):
        _run_in_node(node, FREE)


def is_intact(nodes: list[str]) -> bool:
    """Tell whether every part of the cluster is there and as it was when it was backed up."""
    scripts = [(nodes[0], INTACT), *((node, RUNS) for node in nodes)]
    return all(_run_in_node(node, script).status == 0 for node, script in scripts)


def wait_for_api(node: str, timeout: float) -> bool:
    """Wait until the API server answers inside its own node, at most `timeout` seconds."""
    return wait_until(lambda: _run_in_node(node, ANSWERS).status == 0, timeout, POLL_SECONDS)


def _run_in_node(
    node: str, script: str, timeout: float = STEP_SECONDS, check: bool = False
) -> Completed:
    return connection.run_docker("exec", node, "bash", "-c", script, timeout=timeout, check=check)
