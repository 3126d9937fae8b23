# passes: open local machine routes leak
# All with one run of the controller; the machine is killed. Manifests, with a second port first; the file comes back from where it was copied.
timeout 100 sh run.sh "$COURSE_ROOT/labs/cloud-controller" --configure-cloud-routes > controller.log 2>&1 &
controller=$!
cat > services.yaml <<'END'
---
apiVersion: v1
kind: Service
metadata:
  name: shop
  namespace: market
spec:
  type: LoadBalancer
  selector:
    app: shop
  ports:
    - name: numbers
      port: 9100
    - name: web
      port: 80
---
apiVersion: v1
kind: Service
metadata:
  name: cellar
  namespace: market
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  selector:
    app: cellar
  ports:
    - port: 80
END
kubectl apply --server-side --force-conflicts -f services.yaml
timeout 60 bash -c 'until grep -q "market/shop: load balancer at" controller.log && docker exec course-lb.market.cellar grep -q "check port 3" /usr/local/etc/haproxy/haproxy.cfg 2> /dev/null; do sleep 0.3; done'
kubectl -n market rollout status deployment/shop --timeout=60s
timeout 60 bash -c 'until grep -q "node depot: initialised" controller.log; do sleep 0.3; done'
docker kill depot
timeout 60 bash -c 'until kubectl get node depot -o jsonpath="{.spec.taints[*].key}" | grep -q shutdown; do sleep 0.3; done'
for machine in course-control-plane course-worker course-worker2; do
  timeout 60 bash -c "until test \$(docker exec $machine ip route show metric 4000 | wc -l) -ge 2; do sleep 0.3; done"
done
kill $controller
wait $controller || true
cp "$COURSE_ROOT/labs/cloud-controller/cloud_controller/services.py" mine/cloud_controller/
