# passes: sign till oven ledger
kubectl apply --server-side -f - <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: sign, namespace: bakery}
data: {ING: Fresh at seven, FONT: bold}
---
apiVersion: v1
kind: Secret
metadata: {name: sign, namespace: bakery}
immutable: true
data: {PASSWORD: cnllLTQ3MTE=}
YAML
sed -i '/env:/,$d' sign.yaml
cat >> sign.yaml <<'YAML'
          envFrom:
            - prefix: GREET
              configMapRef: {name: sign}
            - secretRef: {name: sign}
        - name: night-watch
          image: busybox:1.37
          command: [sleep, "36000"]
YAML
kubectl apply --server-side --force-conflicts -f sign.yaml
sed -i -e 's#path: /healthz#path: /ready?who=kubelet#' -e 's/periodSeconds: 1/periodSeconds: 2/' till.yaml
kubectl apply --server-side --force-conflicts -f till.yaml
kubectl -n bakery set resources deployment oven --limits=memory=0.25Gi --requests=memory=80Mi
echo '{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "ledger", "namespace": "bakery"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}}' |
  kubectl create -f -
sed -i 's/emptyDir: {}/persistentVolumeClaim: {claimName: ledger}/' ledger.yaml
# Two kinds of volume under one name do not go together, so the Deployment is made again.
kubectl -n bakery delete deployment ledger
kubectl apply --server-side -f ledger.yaml
kubectl -n bakery rollout status deployment ledger --timeout=60s
kubectl -n bakery delete pod -l app=ledger --now
kubectl -n bakery rollout status deployment ledger --timeout=60s
