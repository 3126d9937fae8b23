# fails: backup parcel shelf lamp counter oven broom
# says: no file that etcdutl can restore
# says: nobody writes rules for Services there
# says: Pods that you make by hand heal nothing
kubectl get all -A -o yaml > all.yaml
docker exec -i course-control-plane sh -c 'cat > /root/backup.db' < all.yaml
kubectl -n workshop run shelf-1 --image=nginx:1.26 --labels=app=shelf
kubectl -n workshop run shelf-2 --image=nginx:1.26 --labels=app=shelf
