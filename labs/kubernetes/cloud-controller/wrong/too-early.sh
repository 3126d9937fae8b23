# fails: open local machine routes leak
# says: another configuration than the controller writes
# says: has the taint node.cloudprovider.kubernetes.io/shutdown:NoSchedule
# says: it is still there, and the Service could never be deleted
# The controller ended too early, three times; and the repair forgets the finalizer.
timeout 100 sh run.sh "$COURSE_ROOT/labs/cloud-controller" > controller.log 2>&1 &
controller=$!
kubectl -n market create service loadbalancer shop --tcp=80
for name in shop cellar; do
  kubectl -n market wait --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' service/$name --timeout=60s
done
timeout 60 bash -c 'until grep -q "node depot: initialised" controller.log; do sleep 0.3; done'
kill $controller
wait $controller || true
docker stop -t 1 depot
kubectl -n market patch service cellar -p '{"spec": {"externalTrafficPolicy": "Local"}}'
kubectl -n market patch service shop -p '{"spec": {"sessionAffinity": "ClientIP"}}'
sed -i '/def _clean_up/,/return/d; s/        removed = self._cloud.remove(key)/    def _clean_up(self, key, service):\n        removed = self._cloud.remove(key)\n        if "deletionTimestamp" not in service["metadata"]:\n            return/' mine/cloud_controller/services.py
