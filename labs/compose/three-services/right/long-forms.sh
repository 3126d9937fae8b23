# passes: describe together keep
# Everything written out: full image names, ports, build and volume in the long form, variables as a
# list. A fourth service only has something to do, and publishes nothing.
cat > compose.yaml <<'END'
name: shop
services:
  app:
    build:
      context: ./app
      dockerfile: Dockerfile
    ports:
      - target: 3000
        published: 8120
        host_ip: 127.0.0.1
        protocol: tcp
    environment:
      - DATABASE_URL=postgres://shop:${POSTGRES_PASSWORD:?write it into .env}@db:5432/shop
      - REDIS_URL=redis://cache:6379
    expose: ["3000"]
  db:
    image: docker.io/library/postgres:17
    environment:
      - POSTGRES_USER=shop
      - POSTGRES_PASSWORD=$POSTGRES_PASSWORD
    volumes:
      - type: volume
        source: orders
        target: /var/lib/postgresql/data
  cache:
    image: docker.io/redis:8
    command: [redis-server, --save, ""]
  greeting:
    image: redis:8
    command: ["true"]
volumes:
  orders:
    name: orders-of-the-shop
    labels: {team: bakery}
END
