# fails: open local machine routes leak
# says: none of its Pods was asked
# says: it does not ask
# says: depot is stopped
# says: the way to the Pods of
# says: deleted, found it is still there: a leak
# The Service selects the wrong Pods; the file of the load balancer was changed, but HAProxy did not
# read it; the machine was never switched off; and the repair forgets Services that are deleted.
timeout 100 sh run.sh "$COURSE_ROOT/labs/cloud-controller" > controller.log 2>&1 &
controller=$!
kubectl -n market create service loadbalancer shop --tcp=80
kubectl -n market set selector service shop app=cellar
for name in shop cellar; do
  kubectl -n market wait --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' service/$name --timeout=60s
done
timeout 60 bash -c 'until grep -q "node depot: initialised" controller.log; do sleep 0.3; done'
kill $controller
wait $controller || true
kubectl -n market patch service cellar -p '{"spec": {"externalTrafficPolicy": "Local"}}'
port=$(kubectl -n market get service cellar -o jsonpath='{.spec.healthCheckNodePort}')
docker exec course-lb.market.cellar cat /usr/local/etc/haproxy/haproxy.cfg | sed "s/check port [0-9]*/check port $port/" > cellar.cfg
docker cp cellar.cfg course-lb.market.cellar:/usr/local/etc/haproxy/haproxy.cfg
sed -i '/def _clean_up/,/return/s/not in service/in service/' mine/cloud_controller/services.py
address=$(kubectl get node course-worker -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}')
docker exec course-control-plane ip route add 10.99.0.0/24 via "$address" metric 4000
