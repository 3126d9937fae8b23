# after: counter
# fails: door oven heal bread
# says: 80 to 8080
# says: `targetPort` is that of the program in the Pods
kubectl -n bakery expose deployment counter --name=door --port=80 --target-port=8080
