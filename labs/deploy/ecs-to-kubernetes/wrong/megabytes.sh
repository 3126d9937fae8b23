# after: secret
# fails: pods
# says: ECS counts in MiB
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed 's/48Mi/48M/; s/- port: 8370/- port: 80/' > till.yaml
kubectl apply -f till.yaml
kubectl -n bakery rollout status deployment till --timeout=90s
