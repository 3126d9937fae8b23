# passes: open local machine routes leak
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
docker stop -t 0 depot
kubectl create -f services.json
timeout 100 sh run.sh "$COURSE_ROOT/labs/cloud-controller" > controller.log 2>&1 &
controller=$!
for name in shop cellar; do
  kubectl -n market wait --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' service/$name --timeout=60s
done
kubectl -n market rollout status deployment/shop --timeout=60s
timeout 60 bash -c 'until grep -q "node depot: its machine is stopped" controller.log; do sleep 0.3; done'
kill $controller
wait $controller || true
# Switched off before anybody knew it; and the routes are written by hand.
for one in course-control-plane course-worker course-worker2; do
  for other in course-control-plane course-worker course-worker2; do
    test "$one" = "$other" && continue
    way=$(kubectl get node "$other" -o jsonpath='{.spec.podCIDR} via {.status.addresses[?(@.type=="InternalIP")].address}')
    docker exec "$one" ip route add $way metric 4000
  done
done
sed -i '/def _clean_up/,/return/s/"deletionTimestamp" not in service\["metadata"\]/is_wanted(service)/' mine/cloud_controller/services.py
