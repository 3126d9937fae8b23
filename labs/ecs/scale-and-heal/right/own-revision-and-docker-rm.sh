# passes: door heal track
# A revision of the learner's own, a container removed under ECS, the ARN in quotes, bounds set twice.
group=$(aws elbv2 describe-target-groups --names bread --query 'TargetGroups[0].TargetGroupArn' --output text)
aws ecs register-task-definition --family bread --network-mode awsvpc --container-definitions '[{"name": "oven", "image": "nginx:1.26", "cpu": 64, "memory": 64, "portMappings": [{"containerPort": 80, "hostPort": 80}]}]'
aws ecs create-service --cluster bakery --service-name bread --task-definition bread:3 --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}' --load-balancers "targetGroupArn=$group,containerName=oven,containerPort=80"
ovens() { docker ps --quiet --filter label=com.amazonaws.ecs.container-name=oven; }
until [ "$(ovens | wc -l)" = 3 ]; do sleep 0.2; done
box=$(ovens | head -1)
docker inspect "$box" | grep -o '"com.amazonaws.ecs.task-arn": "[^"]*"' | cut -d' ' -f2 > gone.txt
docker rm --force "$box"
target="--service-namespace ecs --resource-id service/bakery/bread --scalable-dimension ecs:service:DesiredCount"
aws application-autoscaling register-scalable-target $target --min-capacity 1 --max-capacity 9
aws application-autoscaling register-scalable-target $target --min-capacity 2 --max-capacity 4
aws application-autoscaling put-scaling-policy $target --policy-name cpu --policy-type TargetTrackingScaling --target-tracking-scaling-policy-configuration '{"TargetValue": 60.0, "DisableScaleIn": false, "ScaleOutCooldown": 60, "ScaleInCooldown": 120, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}'
