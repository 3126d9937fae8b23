# fails: counter oven bread
# says: Deployment counter wants 3 replicas
# says: The events of its Pod say what could not be had
kubectl -n bakery create deployment counter --image=nginx:1.26
kubectl -n bakery set image deployment oven nginx=nginx:1.2.6
