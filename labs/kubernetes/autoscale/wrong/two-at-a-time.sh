# fails: number range shrink
# says: it keeps memory at 16Mi
# says: scales Deployment oven
# says: 3 after 0 s
kubectl -n bakery patch hpa dough --type=merge -p '{"spec": {"metrics": [{"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "16Mi"}}}]}}'
kubectl -n bakery autoscale deployment till --name=oven --max=4 --cpu=50%
kubectl -n bakery patch hpa till --type=merge -p '{"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 30, "policies": [{"type": "Pods", "value": 2, "periodSeconds": 30}]}}}}'
