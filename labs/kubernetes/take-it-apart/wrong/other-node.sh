# fails: backup parcel shelf lamp broom
# says: course-worker2
# says: broom
kubectl -n workshop delete pod broom --force --grace-period=0
kubectl -n workshop run broom --image=busybox:1.37 --overrides='{"spec": {"nodeName": "course-worker2", "terminationGracePeriodSeconds": 1}}' -- sleep 36000
