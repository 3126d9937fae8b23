# fails: sign till oven ledger
# says: one of an earlier Pod
# says: Let the Pod be replaced
kubectl apply -f - <<'END'
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ledger
  namespace: bakery
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 16Mi
END
sed -i 's/emptyDir: {}/persistentVolumeClaim: {claimName: ledger}/' ledger.yaml
kubectl apply -f ledger.yaml
kubectl -n bakery rollout status deployment ledger --timeout=90s
