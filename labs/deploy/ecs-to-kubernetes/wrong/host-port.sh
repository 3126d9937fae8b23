# after: secret
# fails: door health restart
# says: hostPort 8370
# says: it is content; it asks no path on port 8080
# The machine's port came along; and the probe only asks whether somebody listens.
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed 's/- port: 8370/- port: 80/; s/^\( *\)- containerPort: 8080/\1- containerPort: 8080\n\1  hostPort: 8370/' > till.yaml
kubectl apply -f till.yaml
kubectl -n bakery patch deployment till --type json --patch '[
  {"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe/exec"},
  {"op": "add", "path": "/spec/template/spec/containers/0/readinessProbe/tcpSocket", "value": {"port": 8080}}]'
kubectl -n bakery rollout status deployment till --timeout=90s
