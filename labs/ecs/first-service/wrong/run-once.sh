# after: recipe
# fails: counter till window
# says: a service counter in the cluster bakery
aws ecs run-task --cluster bakery --task-definition counter
