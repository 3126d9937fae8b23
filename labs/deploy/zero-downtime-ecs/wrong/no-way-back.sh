# fails: bad-version
# says: its deployment circuit breaker is enabled, without rollback
# after: ready
# after: no-gap
# A rollout that fails stays where it is.
aws ecs update-service --cluster market --service shop --deployment-configuration 'minimumHealthyPercent=100,maximumPercent=200,deploymentCircuitBreaker={enable=true,rollback=false}'
