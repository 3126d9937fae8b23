# after: secret
# fails: pods
# says: its value stands in the Deployment
# The code stands in the command, where no variable is to be seen.
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed 's/- port: 8370/- port: 80/; s/\$DOOR_CODE/crumb-4711/' > till.yaml
kubectl apply -f till.yaml
