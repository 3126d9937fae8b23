# after: door
# fails: heal track
# says: Stop it: aws ecs stop-task
# says: from 1 to 4
aws ecs list-tasks --cluster bakery --service-name bread --query 'taskArns[0]' --output text > gone.txt
target="--service-namespace ecs --resource-id service/bakery/bread --scalable-dimension ecs:service:DesiredCount"
aws application-autoscaling register-scalable-target $target --min-capacity 1 --max-capacity 4
