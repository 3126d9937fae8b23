# passes: recipe counter till window
# A mistake is found when the service is there already: it is moved, with the old task ended first.
sed 's/IMAGE/shop:1/; s/GREETING_TEXT/Fresh bred/; s/"memory": 0/"memory": 64/; s/"containerPort": 0, "hostPort": 0/"containerPort": 3000, "hostPort": 8350/' counter.json > first.json
aws ecs register-task-definition --cli-input-json file://first.json
aws ecs create-service --cluster bakery --service-name counter --task-definition counter --desired-count 1
sed 's/Fresh bred/Fresh bread/' first.json > second.json
aws ecs register-task-definition --cli-input-json file://second.json
aws ecs update-service --cluster bakery --service counter --task-definition counter:2 --deployment-configuration minimumHealthyPercent=0,maximumPercent=100
# Made again instead of moved; its command says in words what the image says by itself.
aws ecs register-task-definition --family till --container-definitions '[{"name": "desk", "image": "shop:1", "memory": 96, "command": ["node", "src/server.js"]}]'
aws ecs delete-service --cluster bakery --service till --force
aws ecs create-service --cluster bakery --service-name till --task-definition till:2 --desired-count 1
aws ecs register-task-definition --family window --container-definitions '[{"name": "window", "image": "shop:1", "memory": 128, "environment": [{"name": "GREETING", "value": "open"}], "portMappings": [{"containerPort": 3000}]}]'
aws ecs update-service --cluster bakery --service window --task-definition window
