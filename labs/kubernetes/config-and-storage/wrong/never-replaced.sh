# fails: sign till oven ledger
# says: one of an earlier Pod
# says: Let the Pod be replaced
. "$COURSE_ROOT/labs/kubernetes/config-and-storage/wrong/claim-not-mounted.sh"
sed -i 's/emptyDir: {}/persistentVolumeClaim: {claimName: ledger}/' ledger.yaml
kubectl apply -f ledger.yaml
kubectl -n bakery rollout status deployment ledger --timeout=90s
