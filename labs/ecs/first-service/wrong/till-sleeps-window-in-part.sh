# fails: recipe till window
# says: Does its container run the shop, or another command?
# says: container 3000 to host 0
# says: it wants 1
# The till's task lasts and answers nobody; half of the window is open.
sed 's/IMAGE/shop:1/; s/GREETING_TEXT/Fresh bread/; s/"memory": 0/"memory": 128/; s/"containerPort": 0/"containerPort": 3000/' counter.json > done.json
aws ecs register-task-definition --cli-input-json file://done.json
aws ecs register-task-definition --family till --container-definitions '[{"name": "till", "image": "shop:1", "cpu": 64, "memory": 128, "command": ["sleep", "3600"]}]'
aws ecs update-service --cluster bakery --service till --task-definition till
aws ecs update-service --cluster bakery --service window --task-definition window:2 --desired-count 1
