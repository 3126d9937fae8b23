# fails: wait
# fails: secret
# fails: again
# says: A restart policy tries again in vain
cat > compose.yaml <<'END'
services:
  app:
    build: app
    restart: always
    ports: ["127.0.0.1:8123:3000"]
    environment:
      STRICT_START: "1"
      DATABASE_URL: postgres://shop:cinnamon-41@db:5432/shop
      REDIS_URL: redis://cache:6379
    depends_on: [db, cache]
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: cinnamon-41
  cache:
    image: redis:8
END
