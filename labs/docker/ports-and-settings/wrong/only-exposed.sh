# fails: window greeter wagon workshop
# says: Neither EXPOSE nor --expose publishes a port
# says: EXPOSE is only a note
# after: parlour
docker run -d --name window --expose 8086 nginx:1.26
docker run -d --name greeter -p 127.0.0.1:8087:9999 -e GREETING='Good morning' -e TOWN='Bad Kissingen' greeter:1
