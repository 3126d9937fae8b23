# passes: door heal track
# The same from Python: a service that begins without tasks, one that is told to stop, a policy put again.
python3 - <<'PYTHON'
import time

import boto3

ecs, elb, scaling = map(boto3.client, ("ecs", "elbv2", "application-autoscaling"))
[group] = elb.describe_target_groups(Names=["bread"])["TargetGroups"]
ecs.create_service(
    cluster="bakery",
    serviceName="bread",
    taskDefinition="bread:1",
    desiredCount=0,
    networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-00000001"]}},
    loadBalancers=[
        {
            "targetGroupArn": group["TargetGroupArn"],
            "containerName": "bread",
            "containerPort": 80,
        }
    ],
)
ecs.update_service(cluster="bakery", service="bread", desiredCount=3)
while ecs.describe_services(cluster="bakery", services=["bread"])["services"][0]["runningCount"] < 3:
    time.sleep(0.3)
gone = ecs.list_tasks(cluster="bakery", serviceName="bread")["taskArns"][-1]
ecs.stop_task(cluster="bakery", task=gone, reason="to see what happens")
with open("gone.txt", "w", newline="") as file:
    file.write(f"{gone}\r\n\r\n")
service = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/bakery/bread",
    "ScalableDimension": "ecs:service:DesiredCount",
}
scaling.register_scalable_target(**service, MinCapacity=2, MaxCapacity=4)
for value in (75, 60):
    scaling.put_scaling_policy(
        **service,
        PolicyName="follow",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": value,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
    )
PYTHON
