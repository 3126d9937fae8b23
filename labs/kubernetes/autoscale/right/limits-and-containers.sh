# passes: number range shrink
kubectl -n bakery set resources deployment dough --limits=cpu=100m
kubectl apply -f - <<'YAML'
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: oven
  namespace: bakery
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: oven}
  maxReplicas: 4
  metrics:
    - type: ContainerResource
      containerResource:
        name: cpu
        container: oven
        target: {type: Utilization, averageUtilization: 50}
YAML
# A fifth of five, four, three or two Pods is one Pod.
kubectl -n bakery patch hpa till --type=merge -p '
spec:
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 30
      policies: [{type: Percent, value: 20, periodSeconds: 15}]
'
kubectl -n bakery wait --for=jsonpath='{.spec.replicas}'=4 deployment/oven --timeout=110s
