# fails: recipe till window
# says: with less the kernel kills it
sed 's/IMAGE/shop:1/; s/GREETING_TEXT/Fresh bread/; s/"memory": 0/"memory": 16/; s/"containerPort": 0, "hostPort": 0/"containerPort": 3000, "hostPort": 8350/' counter.json > done.json
aws ecs register-task-definition --cli-input-json file://done.json
