# fails: broken till desk bell tidy
# says: no container tasting
# says: that one goes first
docker image rm recipe:old || docker rm mixer slicer
