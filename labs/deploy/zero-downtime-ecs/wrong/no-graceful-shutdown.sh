# fails: no-gap
# fails: bad-version
# says: wrong-status
# says: How long does the load balancer wait
# after: ready
# The delay stays 0: a task gets SIGTERM at once, and SIGKILL two seconds later, with requests under way.
aws ecs update-service --cluster market --service shop --deployment-configuration minimumHealthyPercent=100,maximumPercent=200
