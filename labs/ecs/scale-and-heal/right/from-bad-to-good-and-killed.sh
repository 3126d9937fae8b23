# passes: door heal track
# It begins with the revision that fails; later the process of a good task is killed.
group=$(aws elbv2 describe-target-groups --names bread --query 'TargetGroups[0].TargetGroupArn' --output text)
aws ecs create-service --cluster bakery --service-name bread --task-definition bread --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}' --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=80"
aws ecs update-service --cluster bakery --service bread --task-definition bread:1
until [ "$(aws ecs describe-services --cluster bakery --services bread --query 'services[0].deployments[].rolloutState' --output text)" = COMPLETED ]; do sleep 0.5; done
box=$(docker ps --quiet --filter label=com.amazonaws.ecs.container-name=bread | head -1)
arn=$(docker inspect --format '{{index .Config.Labels "com.amazonaws.ecs.task-arn"}}' "$box")
echo "task ${arn##*/}" > gone.txt
docker kill "$box"
target="--service-namespace ecs --resource-id service/bakery/bread --scalable-dimension ecs:service:DesiredCount"
aws application-autoscaling register-scalable-target $target --min-capacity 2 --max-capacity 4
aws application-autoscaling put-scaling-policy $target --policy-name cpu --policy-type TargetTrackingScaling --target-tracking-scaling-policy-configuration '{"TargetValue": 60, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}'
