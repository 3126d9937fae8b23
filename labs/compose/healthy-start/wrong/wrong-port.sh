# fails: wait
# says: db-1 is unhealthy
# after: secret
cat > compose.yaml <<'END'
services:
  app:
    build: app
    restart: unless-stopped
    ports: ["127.0.0.1:8123:3000"]
    environment:
      STRICT_START: "1"
      DATABASE_URL_FILE: /run/secrets/url
      REDIS_URL: redis://cache:6379
    secrets: [url]
    depends_on:
      db: { condition: service_healthy }
      cache: { condition: service_healthy }
  db:
    image: postgres:17
    restart: unless-stopped
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD_FILE: /run/secrets/password
    secrets: [password]
    healthcheck:
      test: [CMD, pg_isready, --quiet, --host, 127.0.0.1, --port, "5433", --username, shop]
      interval: 1s
      timeout: 5s
      retries: 5
  cache:
    image: redis:8
    restart: unless-stopped
    healthcheck:
      test: [CMD-SHELL, "redis-cli ping | grep -q PONG"]
      interval: 1s
      timeout: 5s
      retries: 5
secrets:
  password: { file: secrets/password }
  url: { file: secrets/url }
END
