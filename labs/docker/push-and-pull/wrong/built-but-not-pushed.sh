# fails: push-first log-out
# says: its tags of menu: none
docker build -t 127.0.0.1:5002/menu:1.0 menu
