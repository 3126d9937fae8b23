# passes: ready no-gap bad-version
# With four tasks one may go before its successor comes: three are left.
group=$(aws elbv2 describe-target-groups --names shop --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group --target-group-arn "$group" --health-check-path '/health?from=front' --matcher '{"HttpCode": "200,204"}'
aws elbv2 modify-target-group-attributes --target-group-arn "$group" --attributes Key=deregistration_delay.timeout_seconds,Value=30
aws ecs update-service --cluster market --service shop --desired-count 4 --deployment-configuration 'minimumHealthyPercent=75,maximumPercent=200,deploymentCircuitBreaker={enable=true,rollback=true}'
