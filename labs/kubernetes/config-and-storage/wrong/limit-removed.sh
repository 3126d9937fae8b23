# fails: sign till oven ledger
# says: a memory limit of Pod oven-
# says: found none
# says: Without one it could take all of its node
sed -i '/resources:/,/memory: 24Mi/d' oven.yaml
kubectl -n bakery delete deployment oven
kubectl apply -f oven.yaml
