# fails: ready
# says: it asks for /
# / answers, whether the database is there or not.
group=$(aws elbv2 describe-target-groups --names shop --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group --target-group-arn "$group" --health-check-path /
aws elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes Key=deregistration_delay.timeout_seconds,Value=20
aws ecs update-service --cluster market --service shop --deployment-configuration 'minimumHealthyPercent=100,maximumPercent=200,deploymentCircuitBreaker={enable=true,rollback=true}'
