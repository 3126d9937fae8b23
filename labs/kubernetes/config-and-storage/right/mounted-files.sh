# passes: sign till oven ledger
printf 'Fresh at seven\n' > greeting
printf 'rye-4711\n' > code
kubectl -n bakery create configmap sign --from-file=greeting
kubectl -n bakery create secret generic sign --from-file=code
rm greeting code
sed -i -e '/env:/,$d' \
  -e 's#"$GREETING" >#"$(cat /settings/greeting)" >#' -e 's#"$PASSWORD" |#"$(cat /settings/code)" |#' sign.yaml
cat >> sign.yaml <<'YAML'
          volumeMounts: [{name: settings, mountPath: /settings, readOnly: true}]
      volumes:
        - name: settings
          projected:
            sources:
              - configMap: {name: sign}
              - secret: {name: sign}
YAML
kubectl apply -f sign.yaml
kubectl -n bakery patch deployment till --type=json -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/readinessProbe", "value":
  {"periodSeconds": 1, "timeoutSeconds": 3, "exec": {"command": ["sh", "-c", "curl -fs http://127.0.0.1/ready || wget -qO- http://127.0.0.1/ready"]}}}]'
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: LimitRange
metadata:
  name: memory
  namespace: bakery
spec:
  limits:
    - type: Container
      default: {memory: 200Mi}
YAML
sed -i '/resources:/,$d' oven.yaml
kubectl apply -f oven.yaml
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ledger, namespace: bakery}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: "16777216"}}}
YAML
kubectl -n bakery patch deployment ledger --type=json -p '[{"op": "replace", "path": "/spec/template/spec/volumes/0", "value":
  {"name": "book", "persistentVolumeClaim": {"claimName": "ledger"}}}]'
kubectl -n bakery rollout status deployment ledger --timeout=60s
kubectl -n bakery scale deployment ledger --replicas=0
kubectl -n bakery wait --for=delete pod -l app=ledger --timeout=60s
kubectl -n bakery scale deployment ledger --replicas=1
kubectl -n bakery rollout status deployment ledger --timeout=60s
