# passes: describe together keep
# Two files that .env names, one that is included, and a service that is extended. The containers
# get the password as files.
cat >> .env <<'END'
DATABASE_ADDRESS=postgres://shop:cinnamon-41@db:5432/shop
COMPOSE_FILE=compose.yaml:ports.yaml
END
mkdir parts
cat > compose.yaml <<'END'
include: [parts/databases.yaml]
services:
  app:
    build: app
    environment:
      DATABASE_URL_FILE: /run/secrets/address
      REDIS_URL: redis://cache:6379/1
    secrets: [address]
  report:
    image: redis:8
    profiles: [office]
    command: redis-cli -h cache dbsize
secrets:
  address: {environment: DATABASE_ADDRESS}
END
cat > ports.yaml <<'END'
services:
  app:
    ports: ["127.0.0.1:8120:3000"]
END
cat > parts/databases.yaml <<'END'
services:
  db:
    extends: {file: common.yaml, service: postgres}
    volumes: ["orders:/var/lib/postgresql/data"]
  cache:
    image: redis:8
secrets:
  password: {environment: POSTGRES_PASSWORD}
volumes:
  orders:
END
cat > parts/common.yaml <<'END'
services:
  postgres:
    image: postgres:17
    environment: [POSTGRES_USER=shop, POSTGRES_PASSWORD_FILE=/run/secrets/password]
    secrets: [password]
END
