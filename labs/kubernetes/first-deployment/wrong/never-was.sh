# after: counter
# fails: door oven heal bread
# says: the cluster has noted nothing down of a Pod of that name
# says: on port 80
# says: YAML in bread.yaml
hash=$(kubectl -n bakery get replicasets -l app=counter -o name)
successor=$(kubectl -n bakery get pods -l app=counter -o name | tail -1)
printf 'gone=%s-abcde\nsuccessor=%s\n' "${hash#*/}" "${successor#pod/}" > heal.txt
kubectl -n bakery set image deployment oven nginx=nginx:1.26
kubectl -n bakery patch deployment oven --type=json -p '[{"op": "add", "path": "/spec/template/spec/containers/0/command", "value": ["sleep", "3600"]}]'
sed -i 's/^  replicas: 1/ replicas: 3/' bread.yaml
