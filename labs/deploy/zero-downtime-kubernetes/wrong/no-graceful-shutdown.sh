# fails: no-gap bad-version
# says: how much time does it get
# says: deploy.sh
# after: ready
# One second stays all that a copy gets, its preStop included.
kubectl -n market patch deployment shop --patch '{"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
  "template": {"spec": {"containers": [{"name": "shop", "lifecycle": {"preStop": {"sleep": {"seconds": 1}}}}]}}}}'
kubectl -n market rollout status deployment shop --timeout=90s
