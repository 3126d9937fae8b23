# fails: open local leak
# says: it is pending
# says: externalTrafficPolicy: Cluster
# says: turned into ClusterIP, found it is still there: a leak
kubectl -n market expose deployment shop --type=LoadBalancer --port=80
kubectl -n market patch service cellar -p '{"spec": {"sessionAffinity": "ClientIP"}}'
sed -i 's/removed = self._cloud.remove(key)/removed = False/; /def _clean_up/,/removed = /{/deletionTimestamp/d;/return/d}' mine/cloud_controller/services.py
