# fails: recipe till window
# says: 0 run, 1 are wanted
# says: container till ended with
# The task works for a quarter of a minute, and then for another.
aws ecs register-task-definition --family till --container-definitions '[{"name": "till", "image": "shop:1", "cpu": 64, "memory": 128, "command": ["timeout", "15", "node", "src/server.js"]}]'
aws ecs update-service --cluster bakery --service till --task-definition till
