# fails: no-gap
# fails: bad-version
# says: its minimum healthy percent is 0
# after: ready
# The load balancer waits long enough, but all old tasks may be stopped before the first new one works.
aws elbv2 modify-target-group-attributes --target-group-arn "$(aws elbv2 describe-target-groups --names shop --query 'TargetGroups[0].TargetGroupArn' --output text)" --attributes Key=deregistration_delay.timeout_seconds,Value=20
aws ecs update-service --cluster market --service shop --deployment-configuration minimumHealthyPercent=0,maximumPercent=200
