# fails: sign till oven ledger
# says: A Pod that was given another ConfigMap and another Secret shows another greeting
# says: all ready Pods of till behind Service till
# says: the command of oven as it was
# says: one of an earlier Pod
kubectl -n bakery create configmap sign --from-literal=GREETING='Fresh at seven'
kubectl -n bakery create secret generic sign --from-literal=PASSWORD=rye-4711
sed -i -e 's/value: Hello/value: Fresh at seven/' -e '/name: PASSWORD/,$d' sign.yaml
echo '          envFrom: [{configMapRef: {name: sign}}, {secretRef: {name: sign}}]' >> sign.yaml
kubectl apply -f sign.yaml
sed -i -e 's#path: /healthz#path: /ready#' -e 's/^    app: till/    app: tills/' till.yaml
kubectl apply -f till.yaml
sed -i -e 's/60000000/6000000/' -e 's/memory: 24Mi/memory: 64Mi/' oven.yaml
kubectl apply -f oven.yaml
. "$COURSE_ROOT/labs/kubernetes/config-and-storage/wrong/claim-not-mounted.sh"
sed -i -e 's/emptyDir: {}/persistentVolumeClaim: {claimName: ledger}/' -e 's/replicas: 1/replicas: 2/' ledger.yaml
kubectl apply -f ledger.yaml
kubectl -n bakery rollout status deployment ledger --timeout=60s
