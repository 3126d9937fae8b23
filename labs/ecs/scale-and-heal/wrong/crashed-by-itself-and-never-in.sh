# fails: heal track
# says: bread:2 never worked
# says: its policy has DisableScaleIn
# Nobody took a task away: the one in the file failed before the service was moved to bread:1.
group=$(aws elbv2 describe-target-groups --names bread --query 'TargetGroups[0].TargetGroupArn' --output text)
aws ecs create-service --cluster bakery --service-name bread --task-definition bread --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}' --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=80"
gone() { aws ecs list-tasks --cluster bakery --family bread --desired-status STOPPED --query 'taskArns[0]' --output text; }
until gone | grep -q bakery; do sleep 0.5; done
gone > gone.txt
aws ecs update-service --cluster bakery --service bread --task-definition bread:1
until [ "$(aws ecs describe-services --cluster bakery --services bread --query 'services[0].deployments[].rolloutState' --output text)" = COMPLETED ]; do sleep 0.5; done
target="--service-namespace ecs --resource-id service/bakery/bread --scalable-dimension ecs:service:DesiredCount"
aws application-autoscaling register-scalable-target $target --min-capacity 2 --max-capacity 4
aws application-autoscaling put-scaling-policy $target --policy-name cpu --policy-type TargetTrackingScaling --target-tracking-scaling-policy-configuration '{"TargetValue": 60, "DisableScaleIn": true, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}'
