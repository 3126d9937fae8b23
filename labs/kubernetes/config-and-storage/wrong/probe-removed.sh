# fails: sign till oven ledger
# says: a readiness probe of till
# says: Without it, requests come before it is ready
sed -i '/readinessProbe:/,/port: 80/d' till.yaml
kubectl -n bakery delete deployment till
kubectl apply -f till.yaml
