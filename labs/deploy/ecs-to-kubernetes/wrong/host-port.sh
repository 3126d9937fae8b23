# after: secret
# fails: door
# says: The program listens on containerPort
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed 's/targetPort: 8080/targetPort: 8370/; s/- port: 8370/- port: 80/' > till.yaml
kubectl apply -f till.yaml
kubectl -n bakery rollout status deployment till --timeout=90s
