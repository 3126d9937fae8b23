# passes: open local machine routes leak
# Repaired first; then the repaired controller does the work, and a Service of another type is turned.
sed -i '/def _clean_up/{n;N;d}' mine/cloud_controller/services.py
timeout 100 sh run.sh mine > controller.log 2>&1 &
controller=$!
timeout 60 bash -c 'until grep -q "node depot: initialised" controller.log; do sleep 0.3; done'
kill $controller
wait $controller || true
docker stop -t 1 depot
timeout 100 sh run.sh mine --configure-cloud-routes --cluster course > controller.log 2>&1 &
controller=$!
timeout 60 bash -c 'until grep -q "node depot: its machine is stopped" controller.log; do sleep 0.3; done'
kubectl -n market expose deployment shop --port=80
kubectl -n market patch service shop --type=merge -p '{"spec": {"type": "LoadBalancer"}}'
kubectl -n market get service cellar -o yaml | sed 's/externalTrafficPolicy: Cluster/externalTrafficPolicy: Local/' | kubectl replace -f -
kubectl -n market wait --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' service/shop --timeout=60s
timeout 60 bash -c 'until docker exec course-lb.market.cellar grep -q "check port 3" /usr/local/etc/haproxy/haproxy.cfg 2> /dev/null; do sleep 0.3; done'
kubectl -n market rollout status deployment/shop --timeout=60s
for machine in course-control-plane course-worker course-worker2; do
  timeout 60 bash -c "until test \$(docker exec $machine ip route show metric 4000 | wc -l) -ge 2; do sleep 0.3; done"
done
kill $controller
wait $controller || true
