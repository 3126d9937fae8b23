# fails: push-first log-out
# says: Version 1.0 is the list as you got it
# says: found pw.bak
docker login --username ana --password-stdin 127.0.0.1:5002 < password.txt
echo 'Tea: 9 coins' > menu/index.html
docker build --quiet -t 127.0.0.1:5002/menu:1.0 menu
docker push 127.0.0.1:5002/menu:1.0
docker logout 127.0.0.1:5002
mv password.txt pw.bak
