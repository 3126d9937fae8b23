# fails: sign till oven ledger
# says: Deployment sign as sign.yaml says it
# says: This Pod answers at /ready with 503
# says: a memory limit of oven of at least 70Mi, found 64Mi
# says: it wants 0 replicas
kubectl -n bakery create configmap sign --from-literal=GREETING='Fresh at seven'
kubectl -n bakery create secret generic sign --from-literal=PASSWORD=rye-4711
kubectl -n bakery set env deployment/sign GREETING- PASSWORD-
kubectl -n bakery set env deployment/sign --from=configmap/sign
kubectl -n bakery set env deployment/sign --from=secret/sign
kubectl -n bakery patch deployment till --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe", "value": {"periodSeconds": 1, "exec": {"command": ["test", "-f", "/usr/share/nginx/html/ready"]}}}]'
sed -i 's/memory: 24Mi/memory: 64Mi/' oven.yaml
kubectl apply -f oven.yaml
. "$COURSE_ROOT/labs/kubernetes/config-and-storage/wrong/claim-not-mounted.sh"
sed -i -e 's/emptyDir: {}/persistentVolumeClaim: {claimName: ledger}/' -e 's/replicas: 1/replicas: 0/' ledger.yaml
kubectl apply -f ledger.yaml
kubectl -n bakery rollout status deployment till --timeout=60s
