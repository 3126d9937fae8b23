# fails: door heal
# says: it has no load balancer
# says: A service gets its load balancer when it is made
aws ecs create-service --cluster bakery --service-name bread --task-definition bread:1 --desired-count 3 --network-configuration 'awsvpcConfiguration={subnets=[subnet-00000001]}'
