# after: door
# fails: heal track
# says: The service stopped this one itself
# says: ECSServiceAverageMemoryUtilization at 60
until [ "$(docker ps --quiet --filter label=com.amazonaws.ecs.container-name=bread | wc -l)" = 3 ]; do sleep 0.2; done
aws ecs update-service --cluster bakery --service bread --desired-count 2
gone() { aws ecs list-tasks --cluster bakery --service-name bread --desired-status STOPPED --query 'taskArns[0]' --output text; }
until gone | grep -q bakery; do sleep 0.5; done
gone > gone.txt
aws ecs update-service --cluster bakery --service bread --desired-count 3
target="--service-namespace ecs --resource-id service/bakery/bread --scalable-dimension ecs:service:DesiredCount"
aws application-autoscaling register-scalable-target $target --min-capacity 2 --max-capacity 4
aws application-autoscaling put-scaling-policy $target --policy-name memory --policy-type TargetTrackingScaling --target-tracking-scaling-policy-configuration '{"TargetValue": 60, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}}'
