# passes: secret pods door health restart end
# What the converter writes, finished in the file; the Secret from a file of variables.
echo "DOOR_CODE=$(aws secretsmanager get-secret-value --secret-id till/door-code --query SecretString --output text)" > till.env
kubectl -n bakery create secret generic till-secrets --from-env-file=till.env
rm till.env
course convert taskdef.json --service service.json 2> /dev/null | sed '/livenessProbe:/,/failureThreshold/d; s/- port: 8370/- port: 80/' > till.yaml
kubectl -n bakery create -f till.yaml
kubectl -n bakery rollout status deployment till --timeout=90s
