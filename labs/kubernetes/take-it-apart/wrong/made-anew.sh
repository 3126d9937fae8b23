# fails: backup parcel shelf lamp counter oven broom
# says: the Pod parcel as it was
# says: bread:1
# says: A kubelet runs what is in
# Pods of the right names, but the API server has them, and one of them claims to be a Node's.
kubectl -n workshop delete pod parcel --now
kubectl -n workshop run parcel --image=busybox:1.37 --overrides='{"spec": {"schedulerName": "nobody", "nodeName": "course-worker2", "terminationGracePeriodSeconds": 1}}' -- sleep 36000
uid=$(kubectl get node course-worker2 -o jsonpath='{.metadata.uid}')
kubectl -n workshop run lamp-course-worker2 --image=busybox:1.37 --overrides='{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "course-worker2", "uid": "'$uid'", "controller": true}]}, "spec": {"nodeName": "course-worker2", "terminationGracePeriodSeconds": 1}}' -- sleep 36000
kubectl -n workshop wait --for=condition=Ready pod/lamp-course-worker2 pod/parcel --timeout=60s
kubectl label node course-worker2 kubernetes.io/os- || true
kubectl -n workshop delete pod oven --now
kubectl -n workshop run oven --image=busybox:1.37 --overrides='{"spec": {"nodeName": "course-worker2", "terminationGracePeriodSeconds": 1}}' -- sleep 36000
