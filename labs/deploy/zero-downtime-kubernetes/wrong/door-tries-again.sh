# fails: no-gap bad-version
# says: the door as it was in the beginning
# says: kubectl rollout undo brings the version before back
# after: ready
# What a rollout loses is hidden by a door that tries again. And the script knows the bad version by
# its name: another one it leaves there.
sed -i -e 's/retries 0/retries 3\n    option redispatch 1\n    retry-on all-retryable-errors/' haproxy.cfg
docker restart door
kubectl -n market patch deployment shop --patch '{"spec": {"progressDeadlineSeconds": 12, "strategy": {"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}}}'
cat > deploy.sh <<'END'
[ "$1" = shop:3 ] && exit 1
kubectl -n market set image deployment/shop shop="$1" && kubectl -n market rollout status deployment shop
END
