# fails: counter oven bread
# says: The file is what is wanted
# says: Deployment bread as bread.yaml says it
# says: kubectl apply -f bread.yaml ends it
kubectl -n bakery scale deployment bread --replicas=3
kubectl -n bakery set image deployment bread bread=busybox:1.37
