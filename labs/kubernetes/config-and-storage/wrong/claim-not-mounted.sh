# fails: sign till oven ledger
# says: the volume at /book
# says: Name the claim
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
