# passes: ready no-gap bad-version
# Three copies, of which one may be missing; the manifest is applied again; the script asks for the
# state itself.
cat > patch.py <<'END'
import re
text = open("shop.yaml").read()
text = text.replace("replicas: 2", "replicas: 3").replace("maxUnavailable: 100%", "maxUnavailable: 1")
text = text.replace("  replicas:", "  progressDeadlineSeconds: 12\n  replicas:")
text = text.replace("terminationGracePeriodSeconds: 1", "terminationGracePeriodSeconds: 40")
text = text.replace("          image: shop:1\n", """          image: docker.io/library/shop:1
          ports: [{name: web, containerPort: 3000}]
          readinessProbe:
            exec:
              command: [node, -e, "fetch('http://localhost:3000/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
            periodSeconds: 2
            timeoutSeconds: 5
          lifecycle: {preStop: {exec: {command: [sleep, "5"]}}}
""")
open("shop.yaml", "w").write(text)
END
python3 patch.py
kubectl apply --server-side --force-conflicts -f shop.yaml
kubectl -n market rollout status deployment shop --timeout=90s
cat > deploy.sh <<'END'
set -eu
before=$(kubectl -n market get deployment shop -o jsonpath='{.spec.template.spec.containers[0].image}')
kubectl -n market patch deployment shop --patch '{"spec": {"template": {"spec": {"containers": [{"name": "shop", "image": "'"$1"'"}]}}}}'
if ! timeout 30 kubectl -n market rollout status deployment/shop; then
  kubectl -n market set image deployment/shop "shop=$before"
  kubectl -n market rollout status deployment/shop
  exit 7
fi
END
