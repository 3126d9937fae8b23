# fails: number range shrink
# says: HorizontalPodAutoscaler dough scales Deployment dough
# says: behavior.scaleUp has selectPolicy: Disabled
# says: it never shrinks: Disabled
kubectl -n bakery patch hpa dough --type=merge -p '{"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "oven"}}}'
kubectl -n bakery autoscale deployment oven --max=4 --cpu=50%
kubectl -n bakery patch hpa oven --type=merge -p '{"spec": {"behavior": {"scaleUp": {"selectPolicy": "Disabled"}}}}'
kubectl -n bakery scale deployment oven --replicas=4
kubectl -n bakery patch hpa till --type=merge -p '{"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 30, "selectPolicy": "Disabled", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}}}'
