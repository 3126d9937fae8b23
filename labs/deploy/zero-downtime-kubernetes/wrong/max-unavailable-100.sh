# fails: no-gap
# says: 2 may be missing
# after: ready
kubectl -n market patch deployment shop --patch '{"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 30, "containers": [{"name": "shop",
  "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}]}}}}'
