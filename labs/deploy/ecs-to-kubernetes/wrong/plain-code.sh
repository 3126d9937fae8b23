# after: secret pods
# fails: pods
# says: its value stands in the Deployment
kubectl -n bakery set env deployment till DOOR_CODE=crumb-4711
kubectl -n bakery rollout status deployment till --timeout=60s
