# fails: door heal
# says: bread:2 was never tried
group=$(aws elbv2 describe-target-groups --names bread --query 'TargetGroups[0].TargetGroupArn' --output text)
aws ecs create-service --cluster bakery --service-name bread --task-definition bread --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}' --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=80"
