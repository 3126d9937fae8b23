# fails: behaves
# says: do not run as root
# says: process 1 is: /bin/sh
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY src src
CMD node src/server.js
EOF
