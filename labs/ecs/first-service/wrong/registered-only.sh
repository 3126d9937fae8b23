# after: recipe
# fails: counter till window
# says: it points to counter:1
# says: The service points to window:1
# says: A new revision changes no service by itself
aws ecs create-service --cluster bakery --service-name counter --task-definition counter --desired-count 1
sed 's/128/130/' counter-done.json > again.json
aws ecs register-task-definition --cli-input-json file://again.json
