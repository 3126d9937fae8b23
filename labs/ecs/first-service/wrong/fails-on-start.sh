# fails: recipe till window
# says: 0 run, 1 are wanted
# says: ended with 1
# says: Read its events and its stopped tasks
aws ecs register-task-definition --family till --container-definitions '[{"name": "till", "image": "shop:1", "cpu": 64, "memory": 128, "command": ["node", "src/till.js"]}]'
aws ecs update-service --cluster bakery --service till --task-definition till
