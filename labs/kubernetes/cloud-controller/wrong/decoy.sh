# fails: open local machine routes leak
# says: the Service lacks the finalizer that the controller sets first
# says: another configuration than the controller writes
# says: found kind://docker/course/depot
# says: depot is stopped
# says: services.py
# Everything is there that a glance would look at, but no controller has made it.
kubectl -n market expose deployment shop --type=LoadBalancer --port=80
kubectl -n market patch service cellar -p '{"spec": {"externalTrafficPolicy": "Local"}}'
for name in shop cellar; do
  uid=$(kubectl -n market get service $name -o jsonpath='{.metadata.uid}')
  port=$(kubectl -n market get service $name -o jsonpath='{.spec.ports[0].nodePort}')
  docker run -d --name course-lb.market.$name --network kind -p "127.0.0.1:$port:80" --label course.cloud.service=market/$name --label "course.cloud.uid=$uid" --label "course.cloud.ports=80:$port" nginx:1.26
  kubectl -n market patch service $name --subresource=status --type=merge -p '{"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}'
done
kubectl -n market patch service cellar --type=merge -p '{"metadata": {"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]}}'
rm mine/cloud_controller/services.py
kubectl patch node depot -p '{"spec": {"providerID": "kind://docker/course/depot"}}'
kubectl taint node depot node.cloudprovider.kubernetes.io/shutdown=:NoSchedule
