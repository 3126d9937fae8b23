# fails: ready
# says: the readiness probe is content with it
# /version answers, whether the database is there or not.
kubectl -n market patch deployment shop --patch '{"spec": {"template": {"spec": {"containers": [{"name": "shop",
  "readinessProbe": {"httpGet": {"path": "/version", "port": 3000}, "periodSeconds": 1, "timeoutSeconds": 5}}]}}}}'
