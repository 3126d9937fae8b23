# fails: keep
# says: Your volume is at /var/lib/postgresql, but
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
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}
    volumes:
      - orders:/var/lib/postgresql
  cache:
    image: redis:8
volumes:
  orders:
END
