# fails: door
# says: targets on port 80
# says: the port of the program in the container
group=$(aws elbv2 describe-target-groups --names bread --query 'TargetGroups[0].TargetGroupArn' --output text)
aws ecs create-service --cluster bakery --service-name bread --task-definition bread:1 --desired-count 3 --load-balancers "targetGroupArn=$group,containerName=bread,containerPort=8080"
