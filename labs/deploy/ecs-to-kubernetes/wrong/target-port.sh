# after: secret
# fails: door health
# says: The program listens on containerPort
# says: periodSeconds 5 and failureThreshold 3, found 10 and 3
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed '/livenessProbe:/,/failureThreshold/d; s/targetPort: 8080/targetPort: 8370/; s/- port: 8370/- port: 80/; s/periodSeconds: 5/periodSeconds: 10/' > till.yaml
kubectl apply -f till.yaml
kubectl -n bakery rollout status deployment till --timeout=90s
