# passes: wait secret again
# The shop waits for a service that waits for both. Policies are in the override that Compose takes
# by itself; the files come in as read-only mounts. The password is a new one: the old was seen.
printf %s a-new-one-77 > password
printf %s postgres://shop:a-new-one-77@db/shop > address
cat > compose.yaml <<'END'
services:
  app:
    build: ./app
    ports: ["127.0.0.1:8123:3000"]
    environment:
      STRICT_START: "1"
      DATABASE_URL_FILE: /address
      REDIS_URL: redis://cache
    volumes: ["./address:/address:ro"]
    depends_on:
      ready: {condition: service_completed_successfully}
  ready:
    image: redis:8
    command: ["true"]
    depends_on:
      db: {condition: service_healthy}
      cache: {condition: service_healthy}
  db:
    image: docker.io/library/postgres:17
    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD_FILE: /password}
    volumes: ["./password:/password:ro"]
    healthcheck:
      test: [CMD-SHELL, pg_isready -h "$$(hostname)"]
      interval: 2s
      retries: 40
  cache:
    image: redis:8
    healthcheck:
      test: [CMD-SHELL, "redis-cli -h cache ping | grep PONG"]
      interval: 2s
      retries: 40
END
cat > compose.override.yaml <<'END'
services:
  app: {restart: unless-stopped}
  db: {restart: unless-stopped}
  cache: {deploy: {restart_policy: {condition: unless-stopped}}}
END
