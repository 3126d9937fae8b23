# passes: sign till oven ledger
cat > secret.yaml <<'YAML'
apiVersion: v1
kind: Secret
metadata:
  name: sign
  namespace: bakery
stringData:
  code: rye-4711
YAML
cat > env.txt <<'YAML'
          env:
            - name: GREETING
              valueFrom:
                configMapKeyRef: {name: sign, key: text}
            - name: PASSWORD
              valueFrom:
                secretKeyRef: {name: sign, key: code}
YAML
sed -i '/env:/,$d' sign.yaml
{
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sign, namespace: bakery}\ndata: {text: Fresh at seven}\n---\n'
  cat sign.yaml env.txt
} > both.yaml
mv both.yaml sign.yaml
kubectl apply -f secret.yaml -f sign.yaml
sed -i -e 's#path: /healthz#path: /ready#' -e 's/port: 80$/port: web/' -e 's/image: nginx:1.26/&\n          ports: [{name: web, containerPort: 80}]/' till.yaml
sed -i 's/- port: web/- {port: 80, targetPort: web}/' till.yaml
kubectl replace -f till.yaml
sed -i 's/memory: 24Mi/memory: 128M/' oven.yaml
kubectl replace --force -f oven.yaml
cat >> ledger.yaml <<'YAML'
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ledger
  namespace: bakery
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 16384Ki
YAML
sed -i -e 's/emptyDir: {}/persistentVolumeClaim: {claimName: ledger}/' -e 's#mountPath: /book#mountPath: /book/#' ledger.yaml
kubectl apply -f ledger.yaml
kubectl -n bakery rollout status deployment ledger --timeout=60s
kubectl -n bakery rollout restart deployment ledger
kubectl -n bakery rollout status deployment ledger --timeout=60s
