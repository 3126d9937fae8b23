# passes: recipe counter till window
# The same calls from Python; the till gets a soft limit alone, and its image under its long name.
python3 - <<'PYTHON'
import boto3

ecs = boto3.client("ecs")


def register(family, image="shop:1", host=0, greeting="", **memory):
    container = {
        "name": "shop",
        "image": image,
        "cpu": 64,
        "portMappings": [{"containerPort": 3000, "hostPort": host, "protocol": "tcp"}],
        "environment": [{"name": "GREETING", "value": greeting}] if greeting else [],
        **memory,
    }
    made = ecs.register_task_definition(family=family, containerDefinitions=[container])
    return made["taskDefinition"]["taskDefinitionArn"]


counter = register("counter", host=8350, greeting="Fresh bread", memory=256, memoryReservation=64)
ecs.create_service(cluster="bakery", serviceName="counter", taskDefinition=counter, desiredCount=1)
till = register("till", image="docker.io/library/shop:1", memoryReservation=128)
ecs.update_service(cluster="bakery", service="till", taskDefinition=till)
ecs.update_service(cluster="bakery", service="window", taskDefinition="window:2")
PYTHON
