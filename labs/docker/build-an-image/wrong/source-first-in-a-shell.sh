# fails: quick behaves
# says: installed them again: RUN npm ci
# says: it runs as user 0, which is root
# says: process 1 is: /bin/sh
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY . .
RUN npm ci --omit=dev
CMD node src/server.js
EOF
echo .env > .dockerignore
echo node_modules >> .dockerignore
