# fails: number range shrink
# says: seconds before it shrinks: 30
# says: 300
kubectl -n bakery patch hpa till --type=merge -p '{"spec": {"behavior": {"scaleUp": {"stabilizationWindowSeconds": 30, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}}}'
