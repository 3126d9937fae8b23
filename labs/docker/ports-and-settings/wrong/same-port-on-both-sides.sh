# fails: window greeter wagon workshop
# says: That number stands on the right
# says: The quotes have become a part of the value
# after: parlour
docker run -d --name window -p 127.0.0.1:8086:8086 nginx:1.26
docker run -d --name greeter -p 127.0.0.1:8087:8000 -e GREETING='"Good morning"' -e TOWN='"Bad Kissingen"' greeter:1
