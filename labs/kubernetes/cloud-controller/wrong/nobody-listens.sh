# fails: open local machine routes leak
# says: type
# says: a container named course-lb.market.cellar
# says: a container named depot
# says: it ended with status
kubectl -n market expose deployment shop --type=NodePort --port=80
kubectl -n market patch service cellar -p '{"spec": {"externalTrafficPolicy": "Local"}}'
echo 'def broken(' >> mine/cloud_controller/services.py
docker rm -f depot
