# after: secret
# fails: pods
# says: /healthz on port 8080
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed 's/- port: 8370/- port: 80/' > till.yaml
kubectl apply -f till.yaml
kubectl -n bakery patch deployment till --type json --patch '[
  {"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe/exec"},
  {"op": "remove", "path": "/spec/template/spec/containers/0/livenessProbe"},
  {"op": "add", "path": "/spec/template/spec/containers/0/readinessProbe/httpGet", "value": {"path": "/healthz", "port": 8080}}]'
