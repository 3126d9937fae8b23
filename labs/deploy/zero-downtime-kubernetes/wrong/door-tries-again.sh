# fails: no-gap
# says: the door as it was in the beginning
# after: ready
# What a rollout loses is only hidden from those who ask.
sed -i -e 's/retries 0/retries 3\n    option redispatch 1\n    retry-on all-retryable-errors/' haproxy.cfg
docker restart door
kubectl -n market patch deployment shop --patch '{"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}}'
