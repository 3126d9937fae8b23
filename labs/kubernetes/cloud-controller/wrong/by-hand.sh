# fails: open local machine routes leak
# says: it is pending
# says: externalTrafficPolicy: Cluster
# says: it has no provider id
# says: no route with the metric 4000
# says: turned into ClusterIP, found it is still there: a leak
kubectl -n market expose deployment shop --type=LoadBalancer --port=80
kubectl -n market patch service cellar -p '{"spec": {"sessionAffinity": "ClientIP"}}'
sed -i 's/removed = self._cloud.remove(key)/removed = False/; /def _clean_up/,/removed = /{/deletionTimestamp/d;/return/d}' mine/cloud_controller/services.py
docker stop -t 1 depot
kubectl taint node depot node.cloudprovider.kubernetes.io/uninitialized- node.cloudprovider.kubernetes.io/shutdown=:NoSchedule
docker exec course-worker sh -c 'ip route | grep "^10.*via" | while read -r pods via address _; do ip route add $pods via $address metric 40000; done'
