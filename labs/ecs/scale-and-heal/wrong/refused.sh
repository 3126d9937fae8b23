# fails: door heal
# says: a service bread in the cluster bakery
# Each of these ECS refuses: a port that the container does not have, no subnet, a group without a load balancer.
group=$(aws elbv2 describe-target-groups --names bread --query 'TargetGroups[0].TargetGroupArn' --output text)
aws ecs create-service --cluster bakery --service-name bread --task-definition bread:1 --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}' --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=8080"
aws ecs create-service --cluster bakery --service-name bread --task-definition bread:1 --desired-count 3 --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=80"
group=$(aws elbv2 create-target-group --name mine --protocol HTTP --port 80 --target-type ip --vpc-id vpc-00000001 --query 'TargetGroups[0].TargetGroupArn' --output text)
aws ecs create-service --cluster bakery --service-name bread --task-definition bread:1 --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}' --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=80"
