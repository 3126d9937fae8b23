# passes: describe together keep
# The image of the database in an anchor, the rest laid over it by the override that Compose takes
# by itself. The password reaches the containers as a variable that the files only name.
cat > compose.yaml <<'END'
x-defaults: &quiet
  logging: {driver: json-file, options: {max-size: 1m}}
services:
  app:
    <<: *quiet
    build: ./app
    ports: ["127.0.0.1:8120:3000/tcp"]
  db:
    <<: *quiet
    image: index.docker.io/library/postgres:17
  cache:
    <<: *quiet
    image: redis:8
END
cat > compose.override.yaml <<'END'
services:
  app:
    environment:
      DATABASE_URL: "postgres://db/shop?user=shop&password=${POSTGRES_PASSWORD}"
      REDIS_URL: redis://cache
  db:
    environment:
      POSTGRES_USER: shop
      POSTGRES_DB: shop
      POSTGRES_PASSWORD:
      PGDATA: /var/lib/postgresql/data/seventeen
    volumes: ["data:/var/lib/postgresql/data"]
volumes: {data: {}}
END
