# fails: door heal
# says: to which the load balancer door sends
# says: its tasks are in the target group mine
# The group has a load balancer of its own, so ECS takes it; the door knows nothing of it.
group=$(aws elbv2 create-target-group --name mine --protocol HTTP --port 80 --target-type ip --vpc-id vpc-00000001 --query 'TargetGroups[0].TargetGroupArn' --output text)
side=$(aws elbv2 create-load-balancer --name side --subnets subnet-00000001 subnet-00000002 --query 'LoadBalancers[0].LoadBalancerArn' --output text)
aws elbv2 create-listener --load-balancer-arn "$side" --protocol HTTP --port 80 --default-actions "Type=forward,TargetGroupArn=$group"
aws ecs create-service --cluster bakery --service-name bread --task-definition bread:1 --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}' --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=80"
