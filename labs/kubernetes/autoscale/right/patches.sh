# passes: number range shrink
# The request is given as a part of a core, the least number of Pods is left out, and all is patched.
kubectl -n bakery patch deployment dough -p '{"spec": {"template": {"spec": {"containers": [{"name": "dough", "resources": {"requests": {"cpu": "0.02", "memory": "16Mi"}}}]}}}}'
kubectl -n bakery autoscale deployment/oven --max=4 --cpu=50%
kubectl -n bakery patch hpa till --type=json -p '[{"op": "add", "path": "/spec/behavior", "value": {"scaleDown": {"selectPolicy": "Max", "stabilizationWindowSeconds": 30, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}}]'
kubectl -n bakery wait --for=jsonpath='{.spec.replicas}'=4 deployment/oven --timeout=110s
