# fails: counter oven bread
# says: The file is what is wanted
# says: The cluster was changed past the file
kubectl -n bakery scale deployment bread --replicas=3
kubectl -n bakery set image deployment bread bread=busybox:1.37
