# fails: secret
# says: It is encoded twice
code=$(printf crumb-4711 | base64)
kubectl -n bakery create secret generic till-secrets --from-literal=DOOR_CODE="$code"
