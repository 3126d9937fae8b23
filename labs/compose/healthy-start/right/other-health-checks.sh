# passes: wait secret again
# Health checks in other words, the policy in an anchor, and secrets that Compose takes from .env.
printf 'DB_PASSWORD=cinnamon-41\nDB_ADDRESS=postgres://shop:cinnamon-41@db:5432/shop\n' > .env
cat > compose.yaml <<'END'
x-every: &every
  restart: unless-stopped
services:
  app:
    <<: *every
    build: {context: app}
    ports: ["127.0.0.1:8123:3000"]
    environment:
      - STRICT_START=1
      - DATABASE_URL_FILE=/run/secrets/address
      - REDIS_URL=redis://cache:6379
    secrets: [address]
    depends_on:
      db: {condition: service_healthy, restart: true}
      cache: {condition: service_healthy}
  db:
    <<: *every
    image: postgres:17
    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD_FILE: /run/secrets/db}
    secrets:
      - source: password
        target: db
    healthcheck:
      test: psql --host localhost --username shop --command 'SELECT 1' || exit 1
      interval: 5s
      start_period: 1m
  cache:
    <<: *every
    image: redis:8
    healthcheck:
      test: [CMD, redis-cli, ping]
      start_period: 1m
      start_interval: 1s
secrets:
  password: {environment: DB_PASSWORD}
  address: {environment: DB_ADDRESS}
END
