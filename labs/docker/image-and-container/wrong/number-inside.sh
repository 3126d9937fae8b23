# fails: twins passport limits freeze token
# says: its number inside the container
# says: The distribution comes with the image
{
  echo "process=$(docker exec suspect sh -c 'echo 1')"
  echo "kernel=$(docker exec suspect cat /etc/debian_version)"
  echo "cpu=$(docker exec suspect uname -m)"
} > passport.txt
