# fails: describe
# says: the value of POSTGRES_PASSWORD stands in the file
cat > compose.yaml <<'END'
services:
  app:
    build: app
    ports: ["127.0.0.1:8120:3000"]
    environment:
      DATABASE_URL: postgres://shop:${POSTGRES_PASSWORD}@db:5432/shop
      REDIS_URL: redis://cache:6379
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: cinnamon-41
    volumes:
      - orders:/var/lib/postgresql/data
  cache:
    image: redis:8
volumes:
  orders:
END
