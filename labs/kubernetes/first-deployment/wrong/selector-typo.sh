# after: counter
# fails: door oven heal bread
# says: its selector app=countr matches no Pod
kubectl -n bakery create service clusterip countr --tcp=80:80 --dry-run=client -o yaml | sed 's/name: countr/name: door/' | kubectl apply -f -
