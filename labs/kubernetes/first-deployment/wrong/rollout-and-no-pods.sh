# after: counter
# fails: door oven heal bread
# says: a rollout replaced all of them
# says: it wants 0 replicas, so none runs
# says: it is headless
# says: Deployment bread as bread.yaml says it
# says: 'name': 'MORE'
kubectl -n bakery expose deployment counter --name=door --port=80 --cluster-ip=None
kubectl -n bakery set image deployment oven nginx=nginx:1.26
kubectl -n bakery scale deployment oven --replicas=0
gone=$(kubectl -n bakery get pods -l app=counter -o name | head -1)
kubectl -n bakery rollout restart deployment counter
kubectl -n bakery rollout status deployment counter --timeout=60s
kubectl -n bakery wait --for=delete "$gone" --timeout=60s
successor=$(kubectl -n bakery get pods -l app=counter --sort-by=.metadata.creationTimestamp -o name | tail -1)
printf 'gone=%s\nsuccessor=%s\n' "${gone#pod/}" "${successor#pod/}" > heal.txt
sed -i -e 's/replicas: 1/replicas: 3/' -e 's/debian:trixie-slim/busybox:1.37/' bread.yaml
kubectl apply -f bread.yaml
echo '          env: [{name: MORE, value: in the file}]' >> bread.yaml
