# passes: backup parcel shelf lamp counter oven broom
# etcdctl told by variables, plain HTTP instead of kubectl, a kubelet that labels its node itself when it starts,
# and a lamp that is a loop of the shell.
docker exec course-worker2 mkdir -p /etc/kubernetes/manifests
docker exec -i course-worker2 tee /etc/kubernetes/manifests/light.yml > /dev/null <<'END'
apiVersion: v1
kind: Pod
metadata:
  name: lamp
  namespace: workshop
  labels: {room: workshop}
spec:
  containers:
    - name: lamp
      image: busybox:1.37
      args: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 5 & wait; done"]
END
docker exec course-worker systemctl restart kubelet
docker exec course-worker2 systemctl restart kubelet
docker exec course-control-plane sh -c 'cat /root/kube-controller-manager.yaml > /etc/kubernetes/manifests/kube-controller-manager.yaml'
docker exec -e ETCDCTL_ENDPOINTS=https://localhost:2379 -e ETCDCTL_CACERT=/etc/kubernetes/pki/etcd/ca.crt -e ETCDCTL_CERT=/etc/kubernetes/pki/apiserver-etcd-client.crt -e ETCDCTL_KEY=/etc/kubernetes/pki/apiserver-etcd-client.key course-control-plane etcdctl snapshot save /root/backup.db
kubectl proxy --port=18001 > proxy.log &
proxy=$!
timeout 20 bash -c 'until grep -q Starting proxy.log; do sleep 0.1; done'
curl -s -X POST -H 'Content-Type: application/json' http://127.0.0.1:18001/api/v1/namespaces/workshop/bindings -d '{"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "parcel"}, "target": {"apiVersion": "v1", "kind": "Node", "name": "course-worker2"}}' | grep -q Success
kill $proxy
wait $proxy || true
docker tag busybox:1.37 bread:1
docker save bread:1 | docker exec -i course-worker2 ctr --namespace k8s.io images import -
kubectl -n workshop rollout status deployment shelf --timeout=110s
kubectl -n workshop wait --for=condition=Ready pod/parcel pod/broom pod/oven --timeout=110s
timeout 60 bash -c 'until docker exec course-worker2 pgrep -x kube-proxy > /dev/null; do sleep 0.5; done'
