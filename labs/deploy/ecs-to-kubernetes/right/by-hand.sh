# passes: secret pods door health restart end
# Manifests in one file: envFrom, a ConfigMap, ports by name, a probe by HTTP, sizes in bytes.
aws secretsmanager get-secret-value --secret-id till/door-code --query SecretString --output text | tr -d '\n' > DOOR_CODE
kubectl -n bakery create secret generic till-secrets --from-file=DOOR_CODE
rm DOOR_CODE
cat > till.yaml <<'END'
---
apiVersion: v1
kind: ConfigMap
metadata: {name: till, namespace: bakery}
data: {GREETING: "Two rolls, please"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: till, namespace: bakery}
spec:
  replicas: 2
  selector: {matchLabels: {till: bakery}}
  template:
    metadata: {labels: {till: bakery}}
    spec:
      terminationGracePeriodSeconds: 12
      containers:
        - name: till
          image: docker.io/library/busybox:1.37
          command: [sh, -c]
          args:
            - |
              mkdir -p /www
              echo "$GREETING" > /www/index.html
              echo "$DOOR_CODE" | sha256sum > /www/seal
              echo ready > /www/health
              httpd -f -p 8080 -h /www &
              trap 'exit 0' TERM
              wait
          ports: [{name: http, containerPort: 8080}]
          envFrom:
            - secretRef: {name: till-secrets}
            - configMapRef: {name: till}
          resources: {limits: {memory: "50331648"}}
          readinessProbe: {httpGet: {path: /health, port: http}, periodSeconds: 5}
          livenessProbe: {tcpSocket: {port: http}, periodSeconds: 2}
---
apiVersion: v1
kind: Service
metadata: {name: till, namespace: bakery}
spec:
  type: NodePort
  selector: {till: bakery}
  ports:
    - {name: old, port: 8370, targetPort: 8080}
    - {name: web, port: 80, targetPort: http}
END
kubectl apply --server-side -f till.yaml
kubectl -n bakery rollout status deployment till --timeout=90s
