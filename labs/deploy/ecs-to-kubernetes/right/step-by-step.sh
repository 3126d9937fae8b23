# passes: secret pods door health restart end
# No manifest at all: kubectl create, expose and patch; the code by one variable inside of another.
kubectl create -f - <<'END'
apiVersion: v1
kind: Secret
metadata: {name: till-secrets, namespace: bakery}
data: {DOOR_CODE: Y3J1bWItNDcxMQ==}
END
python3 -c 'import json
till = json.load(open("taskdef.json"))["containerDefinitions"][0]
probe = {"exec": {"command": ["sh", "-c", "wget -q -O /dev/null http://localhost:8080/health"]}, "periodSeconds": 5, "failureThreshold": 3, "timeoutSeconds": 4}
container = {"name": "register", "image": till["image"], "command": till["command"], "resources": {"limits": {"memory": "49152Ki"}},
  "env": [{"name": "CODE", "valueFrom": {"secretKeyRef": {"name": "till-secrets", "key": "DOOR_CODE"}}}, {"name": "DOOR_CODE", "value": "$(CODE)"},
          {"name": "GREETING", "value": "Two rolls, please"}],
  "readinessProbe": probe, "livenessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 5}}
print(json.dumps({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 12, "containers": [container]}}}}))' > patch.json
kubectl -n bakery create deployment till --image=busybox:1.37 --replicas=0
kubectl -n bakery patch deployment till --type=merge --patch-file=patch.json
kubectl -n bakery scale deployment till --replicas=2
kubectl -n bakery expose deployment till --port=80 --target-port=8080
kubectl -n bakery rollout status deployment till --timeout=90s
