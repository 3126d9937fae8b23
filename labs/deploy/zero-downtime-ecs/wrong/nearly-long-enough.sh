# fails: no-gap bad-version
# after: ready
# says: expected none of
# says: How long does the load balancer wait
# One second of the load balancer and two of the task are three: some requests need half a second more.
group=$(aws elbv2 describe-target-groups --names shop --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes Key=deregistration_delay.timeout_seconds,Value=1
aws ecs update-service --cluster market --service shop --deployment-configuration minimumHealthyPercent=100,maximumPercent=200
