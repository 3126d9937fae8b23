# fails: bad-version
# says: found shop:3
# after: ready
# after: no-gap
# It tells of the failure, and leaves the bad version there.
kubectl -n market patch deployment shop --patch '{"spec": {"progressDeadlineSeconds": 12}}'
cat > deploy.sh <<'END'
kubectl -n market set image deployment/shop shop="$1" && kubectl -n market rollout status deployment shop
END
