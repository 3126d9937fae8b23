# fails: number range shrink
# says: 2 to 4 Pods
# says: kubectl explain hpa.spec
kubectl -n bakery autoscale deployment oven --min=2 --max=4 --cpu=50%
