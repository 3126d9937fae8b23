# fails: passport
# says: its number inside the container
# says: The distribution comes with the image
# after: twins limits freeze token
{
  echo "process=$(docker exec suspect sh -c 'echo 1')"
  echo "kernel=$(docker exec suspect cat /etc/debian_version)"
  echo "cpu=$(docker exec suspect uname -m)"
} > passport.txt
