# fails: ready
# says: a copy in which no shop answers does not become ready
# It looks at settings, and asks the shop nothing.
kubectl -n market patch deployment shop --patch '{"spec": {"template": {"spec": {"containers": [{"name": "shop",
  "readinessProbe": {"exec": {"command": ["sh", "-c", "test -z \"$DATABASE_URL$REDIS_URL\""]}, "initialDelaySeconds": 3, "periodSeconds": 1}}]}}}}'
