# fails: no-gap bad-version
# says: 2 may be missing
# says: ready Pods of its current template
# after: ready
# Both copies may go at once; and the script does not wait.
kubectl -n market patch deployment shop --patch '{"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 30, "containers": [{"name": "shop",
  "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}]}}}}'
echo 'kubectl -n market set image deployment/shop shop="$1"' > deploy.sh
