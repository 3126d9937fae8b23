# fails: window greeter wagon workshop
# says: Without an address the whole network may come in
# after: parlour
# It is made and not started, so that proving the lab opens nothing to the network.
docker create --name window -p 8086:80 nginx:1.26
