# fails: number range shrink
# says: 0 of 1 ready
# says: no node was found for it
# says: cpu at 80 %
# says: 5 to 5 Pods
kubectl -n bakery set resources deployment dough --requests=cpu=640
kubectl -n bakery autoscale deployment oven --max=4 --cpu=80%
kubectl -n bakery patch hpa till --type=merge -p '{"spec": {"minReplicas": 5, "behavior": {"scaleDown": {"stabilizationWindowSeconds": 30, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}}}'
