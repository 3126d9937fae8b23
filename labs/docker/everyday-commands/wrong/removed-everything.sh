# fails: broken till desk bell tidy
# says: Name those that shall go
docker rm -f mixer oven slicer till tasting
docker image rm recipe:old
