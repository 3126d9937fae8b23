"""The labels that MiniStack gives the containers of tasks; those of AWS's own agent."""

TASK = "com.amazonaws.ecs.task-arn"
CLUSTER = "com.amazonaws.ecs.cluster"
FAMILY = "com.amazonaws.ecs.task-definition-family"
REVISION = "com.amazonaws.ecs.task-definition-version"
CONTAINER = "com.amazonaws.ecs.container-name"
