# fails: backup parcel shelf lamp counter oven broom
# says: no file that etcdutl can restore
# says: crictl images
# says: course-worker2
# says: broom
# The file of a server that runs is no backup: it has no checksum, and may be half written.
docker exec course-control-plane cp /var/lib/etcd/member/snap/db /root/backup.db
kubectl -n workshop delete pod broom --force --grace-period=0
kubectl -n workshop run broom --image=busybox:1.37 --overrides='{"spec": {"nodeName": "course-worker2", "terminationGracePeriodSeconds": 1}}' -- sleep 36000
kubectl label node course-worker2 kubernetes.io/os=Linux --overwrite
# The engine has the name now, but no machine of the cluster does.
docker tag busybox:1.37 bread:1
