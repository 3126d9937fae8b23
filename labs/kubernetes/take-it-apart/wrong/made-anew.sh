# fails: backup parcel shelf lamp broom
# says: the Pod parcel as it was
# says: A kubelet runs what is in
kubectl -n workshop delete pod parcel --now
kubectl -n workshop run parcel --image=busybox:1.37 --overrides='{"spec": {"schedulerName": "nobody", "nodeName": "course-worker2", "terminationGracePeriodSeconds": 1}}' -- sleep 36000
kubectl -n workshop run lamp-course-worker2 --image=busybox:1.37 --overrides='{"spec": {"nodeName": "course-worker2", "terminationGracePeriodSeconds": 1}}' -- sleep 36000
