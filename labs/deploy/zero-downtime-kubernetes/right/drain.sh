# passes: ready no-gap bad-version
# The shop's own DRAIN_SECONDS instead of preStop, the default strategy, and a trial Pod that is
# asked before anything is deployed.
kubectl -n market patch deployment shop --type=json -p '[{"op": "remove", "path": "/spec/strategy"}]'
kubectl -n market patch deployment shop --patch '{"spec": {"minReadySeconds": 1, "template": {"spec": {"terminationGracePeriodSeconds": 30, "containers": [{"name": "shop",
  "ports": [{"name": "web", "containerPort": 3000}], "env": [{"name": "DRAIN_SECONDS", "value": "5"}],
  "readinessProbe": {"httpGet": {"path": "/health", "port": "web"}, "periodSeconds": 2, "timeoutSeconds": 5}}]}}}}'
kubectl -n market rollout status deployment shop --timeout=90s
cat > deploy.sh <<'END'
kubectl -n market delete pod trial --ignore-not-found --now > /dev/null
kubectl -n market run trial --image="$1" --restart=Never || exit 1
kubectl -n market wait --for=condition=Ready pod/trial --timeout=20s
sleep 1
kubectl -n market exec trial -- node -e "fetch('http://localhost:3000/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
works=$?
kubectl -n market delete pod trial --now
[ "$works" = 0 ] || exit 1
kubectl -n market set image deployment/shop "*=$1"
kubectl -n market rollout status deployment/shop --timeout=60s
END
