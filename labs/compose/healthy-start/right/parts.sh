# passes: wait secret again
# The databases stand in a file of their own, which is included; the shop extends a common service.
mkdir -p keys
printf %s cinnamon-41 > keys/password
printf %s postgres://shop:cinnamon-41@db:5432/shop > keys/address
cat > common.yaml <<'END'
services:
  lasting:
    restart: unless-stopped
    healthcheck: {interval: 1s, timeout: 10s, retries: 90}
END
cat > databases.yaml <<'END'
services:
  db:
    extends: {file: common.yaml, service: lasting}
    image: postgres:17
    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD_FILE: /run/secrets/password}
    secrets: [password]
    volumes: ["orders:/var/lib/postgresql/data"]
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
  cache:
    extends: {file: common.yaml, service: lasting}
    image: redis:8
    healthcheck: {test: [CMD-SHELL, 'test "$$(redis-cli ping)" = PONG']}
secrets:
  password: {file: keys/password}
volumes: {orders: {}}
END
cat > compose.yaml <<'END'
include: [databases.yaml]
services:
  app:
    build: app
    restart: unless-stopped
    ports: ["127.0.0.1:8123:3000"]
    environment:
      STRICT_START: "1"
      DATABASE_URL_FILE: /run/secrets/address
      REDIS_URL: redis://cache:6379
    secrets: [address]
    depends_on:
      db: {condition: service_healthy}
      cache: {condition: service_healthy}
secrets:
  address: {file: keys/address}
END
