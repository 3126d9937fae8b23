# passes: open local leak
# With the class of this cloud, on two Pods, from Services that are made again; repaired otherwise.
kubectl -n market scale deployment cellar --replicas=3
kubectl -n market delete service cellar
cat > services.json <<'END'
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cellar", "namespace": "market"},
   "spec": {"type": "LoadBalancer", "loadBalancerClass": "course.cloud/docker", "externalTrafficPolicy": "Local",
            "selector": {"app": "cellar"}, "ports": [{"port": 80}]}},
  {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop", "namespace": "market"},
   "spec": {"type": "LoadBalancer", "loadBalancerClass": "course.cloud/docker",
            "selector": {"app": "shop"}, "ports": [{"port": 80, "targetPort": 80, "nodePort": 30080}]}}]}
END
kubectl create -f services.json
timeout 100 sh run.sh "$COURSE_ROOT/labs/cloud-controller" > controller.log 2>&1 &
controller=$!
for name in shop cellar; do
  kubectl -n market wait --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' service/$name --timeout=60s
done
kubectl -n market rollout status deployment/shop --timeout=60s
kill $controller
wait $controller || true
sed -i '/def _clean_up/,/return/s/"deletionTimestamp" not in service\["metadata"\]/is_wanted(service)/' mine/cloud_controller/services.py
