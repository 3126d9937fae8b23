# passes: counter door oven heal bread
kubectl -n bakery create deployment counter --image=nginx:1.26
kubectl -n bakery scale deployment counter --replicas=3
kubectl -n bakery create service clusterip door --tcp=80
kubectl -n bakery set selector service door app=counter
kubectl -n bakery delete deployment oven
kubectl -n bakery create deployment oven --image=nginx:1.26 --replicas=2
kubectl -n bakery rollout status deployment counter --timeout=60s
before=$(kubectl -n bakery get pods -l app=counter -o name | sort)
gone=$(echo "$before" | head -1)
# An eviction is a deletion that asks whether it may.
echo '{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "'"${gone#pod/}"'", "namespace": "bakery"}}' |
  kubectl create --raw "/api/v1/namespaces/bakery/pods/${gone#pod/}/eviction" -f -
kubectl -n bakery wait --for=delete "$gone" --timeout=60s
kubectl -n bakery rollout status deployment counter --timeout=60s
successor=$(kubectl -n bakery get pods -l app=counter -o name | sort | comm -13 <(echo "$before") -)
printf 'successor=%s\ngone=%s' "${successor#pod/}" "${gone#pod/}" > heal.txt
kubectl create -f bread.yaml --dry-run=client -o json |
  sed -e 's/"replicas": 1/"replicas": 3/' -e 's/debian:trixie-slim/busybox:1.37/' > bread.json
mv bread.json bread.yaml
kubectl replace -f bread.yaml
