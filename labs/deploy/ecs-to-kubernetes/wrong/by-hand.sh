# after: secret
# fails: health restart end
# says: A livenessProbe only restarts
# says: Unhealthy: Liveness
# says: 30 is what holds if nobody says anything
# The one probe that is kept is the wrong one.
course convert taskdef.json --service service.json --namespace bakery 2> /dev/null | sed 's/- port: 8370/- port: 80/; /readinessProbe:/,/failureThreshold/d; /terminationGracePeriodSeconds/d' > till.yaml
kubectl apply -f till.yaml
kubectl -n bakery rollout status deployment till --timeout=90s
