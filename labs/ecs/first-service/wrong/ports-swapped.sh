# fails: recipe till window
# says: They are swapped
sed 's/IMAGE/shop:1/; s/GREETING_TEXT/Fresh bread/; s/"memory": 0/"memory": 128/; s/"containerPort": 0, "hostPort": 0/"containerPort": 8350, "hostPort": 3000/' counter.json > done.json
aws ecs register-task-definition --cli-input-json file://done.json
