# fails: number range shrink
# says: shrinks when fewer were enough for 30 seconds
# says: 300 seconds
kubectl -n bakery patch hpa till --type=merge -p '{"spec": {"behavior": {"scaleUp": {"stabilizationWindowSeconds": 30, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}}}'
