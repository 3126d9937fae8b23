# fails: number range shrink
# says: a CPU request of the container dough
# says: Of what should the autoscaler take 50 %
kubectl -n bakery set resources deployment dough --requests=memory=16Mi
