# fails: broken till desk bell tidy
# says: till is running
docker cp till:/var/takings takings.txt
