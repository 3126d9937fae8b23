# passes: ready no-gap bad-version
# One task more at a time, any success counts, a delay that is just enough, a grace period of a minute.
group=$(aws elbv2 describe-target-groups --names shop --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group --target-group-arn "$group" --health-check-path /health --matcher HttpCode=200-299 --health-check-interval-seconds 10 --unhealthy-threshold-count 3
aws elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes Key=deregistration_delay.timeout_seconds,Value=2
aws ecs update-service --cluster market --service shop --health-check-grace-period-seconds 60 --deployment-configuration 'minimumHealthyPercent=100,maximumPercent=134,deploymentCircuitBreaker={enable=true,rollback=true}'
