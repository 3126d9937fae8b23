# fails: no-gap bad-version
# after: ready
# says: 10 bad answers, one every 30 s: 300 s
# says: its deployment circuit breaker is not enabled
group=$(aws elbv2 describe-target-groups --names shop --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group --target-group-arn "$group" --unhealthy-threshold-count 10 --health-check-interval-seconds 30
aws elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes Key=deregistration_delay.timeout_seconds,Value=20
aws ecs update-service --cluster market --service shop --deployment-configuration minimumHealthyPercent=100,maximumPercent=200
