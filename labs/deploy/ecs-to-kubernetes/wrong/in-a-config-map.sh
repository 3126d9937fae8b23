# after: secret
# fails: pods
# says: its value stands in the ConfigMap code
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed 's/- port: 8370/- port: 80/; s/secretKeyRef/configMapKeyRef/; s/name: till-secrets/name: code/' > till.yaml
kubectl -n bakery create configmap code --from-literal=DOOR_CODE=crumb-4711
kubectl apply -f till.yaml
