# fails: tidy bell
# says: no container tasting
# says: that one goes first
# after: broken till desk
docker image rm recipe:old || docker rm mixer slicer
