# fails: counter oven bread
# says: one in the namespace default
# says: Make it again with -n bakery
kubectl create deployment counter --image=nginx:1.26 --replicas=3
kubectl expose deployment counter --name=door --port=80
