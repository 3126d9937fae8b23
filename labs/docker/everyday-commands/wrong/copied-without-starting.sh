# fails: till bell
# says: till is running
# after: broken desk tidy
docker cp till:/var/takings takings.txt
