# passes: open local leak
# Repaired first; then the repaired controller does the work, and a Service of another type is turned.
sed -i '/def _clean_up/{n;N;d}' mine/cloud_controller/services.py
timeout 100 sh run.sh mine > controller.log 2>&1 &
controller=$!
kubectl -n market expose deployment shop --port=80
kubectl -n market patch service shop --type=merge -p '{"spec": {"type": "LoadBalancer"}}'
kubectl -n market get service cellar -o yaml | sed 's/externalTrafficPolicy: Cluster/externalTrafficPolicy: Local/' | kubectl replace -f -
kubectl -n market wait --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' service/shop --timeout=60s
timeout 60 bash -c 'until docker exec course-lb.market.cellar grep -q "check port 3" /usr/local/etc/haproxy/haproxy.cfg 2> /dev/null; do sleep 0.3; done'
kubectl -n market rollout status deployment/shop --timeout=60s
kill $controller
wait $controller || true
