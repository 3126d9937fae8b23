# passes: ready no-gap bad-version
# From Python, one thing at a time; the percents that are not given are 100 and 200 already.
python3 - <<'PYTHON'
import boto3

elb, ecs = boto3.client("elbv2"), boto3.client("ecs")
[group] = elb.describe_target_groups(Names=["shop"])["TargetGroups"]
arn = group["TargetGroupArn"]
elb.modify_target_group(TargetGroupArn=arn, HealthCheckPath="/health")
delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "10"}
elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
breaker = {"enable": True, "rollback": True}
ecs.update_service(
    cluster="market",
    service="shop",
    deploymentConfiguration={"deploymentCircuitBreaker": breaker},
)
PYTHON
