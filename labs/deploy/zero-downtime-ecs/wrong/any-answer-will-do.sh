# fails: ready
# says: 200-499 counts as healthy
# Somebody wanted the check to be green.
group=$(aws elbv2 describe-target-groups --names shop --query 'TargetGroups[0].TargetGroupArn' --output text)
aws elbv2 modify-target-group --target-group-arn "$group" --health-check-path /health --matcher HttpCode=200-499
