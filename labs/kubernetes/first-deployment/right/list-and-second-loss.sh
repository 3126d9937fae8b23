# passes: counter door oven heal bread
kubectl -n bakery create deployment counter --image=nginx:1.26 --replicas=3 --port=80 --dry-run=client -o yaml |
  kubectl apply --server-side -f -
kubectl -n bakery rollout status deployment counter --timeout=60s
kubectl -n bakery expose deployment counter --name=door --port=80 --type=LoadBalancer --session-affinity=ClientIP
before=$(kubectl -n bakery get pods -l app=counter -o name | sort)
gone=$(echo "$before" | tail -1)
kubectl -n bakery delete "$gone"
kubectl -n bakery rollout status deployment counter --timeout=60s
successor=$(kubectl -n bakery get pods -l app=counter -o name | sort | comm -13 <(echo "$before") -)
printf 'gone=%s\nsuccessor=%s\n' "${gone#pod/}" "${successor#pod/}" > heal.txt
sleep 4
# Whoever looks once more loses another one.
kubectl -n bakery delete "$(echo "$before" | head -1)"
kubectl -n bakery get deployment oven -o yaml | sed 's/nginx:1.62/nginx:1.26/' | kubectl replace -f -
kubectl -n bakery rollout restart deployment oven
{
  printf 'apiVersion: v1\nkind: List\nitems:\n'
  sed -e 's/^/  /' -e '1s/^  /- /' bread.yaml
} > list.yaml
sed -e 's/replicas: 1/replicas: 3/' -e 's/debian:trixie-slim/busybox:1.37/' list.yaml > bread.yaml
kubectl apply -f bread.yaml
kubectl -n bakery rollout restart deployment bread
