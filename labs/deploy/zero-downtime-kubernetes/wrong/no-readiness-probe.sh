# fails: ready
# says: no readiness probe
# All else is set, but Kubernetes still cannot know when a copy is ready.
kubectl -n market patch deployment shop --patch '{"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
  "template": {"spec": {"terminationGracePeriodSeconds": 30, "containers": [{"name": "shop",
  "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}]}}}}'
