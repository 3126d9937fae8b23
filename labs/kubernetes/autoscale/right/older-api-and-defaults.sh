# passes: number range shrink
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: LimitRange
metadata:
  name: requests
  namespace: bakery
spec:
  limits:
    - type: Container
      defaultRequest: {cpu: 20m}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: oven
  namespace: bakery
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: oven}
  minReplicas: 1
  maxReplicas: 4
  targetCPUUtilizationPercentage: 50
YAML
kubectl -n bakery rollout restart deployment dough
sed '1,/^---/d' till.yaml > hpa.yaml
cat >> hpa.yaml <<'YAML'
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 15
    scaleDown:
      stabilizationWindowSeconds: 30
      selectPolicy: Min
      policies:
        - {type: Percent, value: 100, periodSeconds: 15}
        - {type: Pods, value: 1, periodSeconds: 15}
YAML
kubectl replace -f hpa.yaml
kubectl -n bakery wait --for=jsonpath='{.spec.replicas}'=4 deployment/oven --timeout=110s
