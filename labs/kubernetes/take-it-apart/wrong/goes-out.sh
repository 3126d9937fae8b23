# fails: backup parcel shelf lamp counter oven broom
# says: it is not in it
# says: its process ends after 300 seconds
# says: it wants 0
# says: none from 10.
# The lamp goes out by itself; kube-proxy is back, but the Service selects nothing; the backup is one from before the ConfigMap was there.
kubectl -n workshop get configmap recipe -o yaml > recipe.yaml
kubectl -n workshop delete configmap recipe
docker exec course-control-plane etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key snapshot save /root/backup.db
kubectl apply -f recipe.yaml
kubectl -n workshop scale deployment shelf --replicas=0
docker exec -i course-worker2 sh -c 'mkdir -p /etc/kubernetes/manifests; cat > /etc/kubernetes/manifests/lamp.yaml' <<'END'
apiVersion: v1
kind: Pod
metadata: {name: lamp, namespace: workshop}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: lamp, image: "busybox:1.37", args: [sh, -c, sleep 5m]}]
END
timeout 100 bash -c 'until kubectl -n workshop get pod lamp-course-worker2 2> /dev/null | grep -q Running; do sleep 0.5; done'
docker exec course-control-plane mv /root/kube-controller-manager.yaml /etc/kubernetes/manifests/
kubectl -n workshop set selector service counter run=nothing
kubectl label node course-worker2 kubernetes.io/os=linux --overwrite
timeout 100 bash -c 'until docker exec course-worker2 pgrep -x kube-proxy > /dev/null && test -z "$(kubectl -n workshop get endpointslices -l kubernetes.io/service-name=counter -o jsonpath="{.items[*].endpoints}")"; do sleep 0.5; done'
