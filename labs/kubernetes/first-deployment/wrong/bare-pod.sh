# fails: counter oven bread
# says: a bare Pod counter
# says: Nobody replaces a bare Pod
kubectl -n bakery run counter --image=nginx:1.26
