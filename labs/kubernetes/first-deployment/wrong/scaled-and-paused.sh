# after: counter
# fails: door oven heal bread
# says: since fewer were wanted
# says: its rollouts are paused
# says: it has no selector
# says: for the namespace bakery
kubectl -n bakery create service clusterip door --tcp=80:80
kubectl -n bakery patch service door --type=json -p '[{"op": "remove", "path": "/spec/selector"}]'
kubectl -n bakery rollout pause deployment oven
kubectl -n bakery set image deployment oven nginx=nginx:1.26
before=$(kubectl -n bakery get pods -l app=counter -o name | sort)
kubectl -n bakery scale deployment counter --replicas=2
kubectl -n bakery wait --for=jsonpath='{.status.replicas}'=2 deployment/counter --timeout=60s
gone=$(kubectl -n bakery get events --field-selector reason=SuccessfulDelete -o jsonpath='{.items[0].message}')
kubectl -n bakery scale deployment counter --replicas=3
kubectl -n bakery rollout status deployment counter --timeout=60s
kubectl -n bakery wait --for=delete "pod/${gone#Deleted pod: }" --timeout=60s
successor=$(kubectl -n bakery get pods -l app=counter -o name | sort | comm -13 <(echo "$before") -)
printf 'gone=%s\nsuccessor=%s\n' "${gone#Deleted pod: }" "${successor#pod/}" > heal.txt
sed -i -e 's/replicas: 1/replicas: 3/' -e 's/debian:trixie-slim/busybox:1.37/' -e 's/namespace: bakery/namespace: default/' bread.yaml
