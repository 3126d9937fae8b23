# passes: recipe counter till window
# Memory as the size of the whole task, and a network interface for each task of till and window.
aws ecs register-task-definition --family counter --network-mode bridge --memory 128 --container-definitions '[{"name": "counter", "image": "shop:1", "environment": [{"name": "GREETING", "value": "Fresh bread"}], "portMappings": [{"containerPort": 3000, "hostPort": 8350}]}]'
aws ecs create-service --cluster bakery --service-name counter --task-definition counter:1 --desired-count 0
aws ecs update-service --cluster bakery --service counter --desired-count 1
subnets='awsvpcConfiguration={subnets=[subnet-00000001]}'
aws ecs register-task-definition --family till --network-mode awsvpc --memory 128 --container-definitions '[{"name": "till", "image": "shop:1", "portMappings": [{"containerPort": 3000}]}]'
aws ecs update-service --cluster bakery --service till --task-definition till --network-configuration "$subnets"
aws ecs register-task-definition --family window --network-mode awsvpc --memory 128 --container-definitions '[{"name": "window", "image": "shop:1", "environment": [{"name": "GREETING", "value": "open"}], "portMappings": [{"containerPort": 3000}]}]'
aws ecs update-service --cluster bakery --service window --task-definition window --network-configuration "$subnets"
