# passes: counter door oven heal bread
kubectl apply -f - <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: counter
  namespace: bakery
spec:
  replicas: 3
  selector:
    matchExpressions:
      - {key: program, operator: In, values: [counter]}
  template:
    metadata:
      labels: {program: counter, floor: ground}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: docker.io/library/nginx:1.26
          ports: [{name: web, containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata:
  name: door
  namespace: bakery
spec:
  type: NodePort
  selector: {program: counter}
  ports:
    - {name: other, port: 8080, targetPort: web}
    - {name: main, port: 80, targetPort: web}
YAML
kubectl -n bakery patch deployment oven --type=json \
  -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "index.docker.io/library/nginx:1.26"}]'
kubectl -n bakery rollout status deployment counter --timeout=60s
before=$(kubectl -n bakery get pods -l program=counter -o name | sort)
gone=$(echo "$before" | head -1)
kubectl -n bakery delete "$gone" --now
kubectl -n bakery rollout status deployment counter --timeout=60s
successor=$(kubectl -n bakery get pods -l program=counter -o name | sort | comm -13 <(echo "$before") -)
printf 'gone = %s\r\nsuccessor = %s\r\n' "$gone" "$successor" > heal.txt
sed -i -e 's/replicas: 1/replicas: 3/' -e 's#debian:trixie-slim#docker.io/busybox:1.37#' bread.yaml
cat >> bread.yaml <<'YAML'
---
apiVersion: v1
kind: Service
metadata: {name: bread, namespace: bakery}
spec: {clusterIP: None, selector: {app: bread}}
YAML
kubectl apply --server-side --force-conflicts -f bread.yaml
