# passes: backup parcel shelf lamp counter oven broom
# etcdctl of etcd's own Pod; files are copied from machine to machine; a machine is restarted.
docker restart course-worker > restarted &
kubectl patch node course-worker2 --type=json -p '[{"op": "replace", "path": "/metadata/labels/kubernetes.io~1os", "value": "linux"}]'
docker cp course-control-plane:/root/kube-controller-manager.yaml .
docker cp kube-controller-manager.yaml course-control-plane:/etc/kubernetes/manifests/
kubectl create -f - <<'END'
apiVersion: v1
kind: Binding
metadata: {name: parcel, namespace: workshop}
target: {kind: Node, name: course-worker2}
END
kubectl exec -n kube-system etcd-course-control-plane -- etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key snapshot save /var/lib/etcd/backup.db
docker exec course-control-plane mv /var/lib/etcd/backup.db /root/backup.db
echo '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "lamp", "namespace": "workshop"},
  "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "light", "image": "docker.io/library/busybox:1.37", "command": ["tail", "-f", "/dev/null"]}]}}' > lamp.json
docker exec course-worker2 mkdir -p /etc/kubernetes/manifests
docker cp lamp.json course-worker2:/etc/kubernetes/manifests/
docker tag busybox:1.37 bread:1
kind load docker-image bread:1 --name course --nodes course-worker2
kubectl -n workshop rollout status deployment shelf --timeout=110s
kubectl -n workshop wait --for=condition=Ready pod/parcel pod/broom pod/oven --timeout=110s
timeout 60 bash -c 'until docker exec course-worker2 pgrep -x kube-proxy > /dev/null; do sleep 0.5; done'
