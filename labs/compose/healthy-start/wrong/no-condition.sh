# fails: wait
# fails: again
# says: orders starts, and waits for nothing
# after: secret
cat > compose.yaml <<'END'
services:
  app:
    build: app
    ports: ["127.0.0.1:8123:3000"]
    environment:
      STRICT_START: "1"
      DATABASE_URL_FILE: /run/secrets/url
      REDIS_URL: redis://cache:6379
    secrets: [url]
    depends_on: [db, cache]
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD_FILE: /run/secrets/password
    secrets: [password]
    healthcheck:
      test: [CMD, pg_isready, --quiet, --host, 127.0.0.1, --username, shop]
      interval: 1s
      timeout: 5s
      retries: 60
  cache:
    image: redis:8
    healthcheck:
      test: [CMD-SHELL, "redis-cli ping | grep -q PONG"]
      interval: 1s
      timeout: 5s
      retries: 60
secrets:
  password: { file: secrets/password }
  url: { file: secrets/url }
END
