# fails: clean quick behaves
# says: found variable PAYMENT_KEY
# says: /app/notes.txt
# says: installed them again: RUN npm ci
# says: it runs as user 0, which is root
# says: process 1 is: /bin/sh
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
ENV PAYMENT_KEY=tiger-7041
COPY . .
RUN npm ci --omit=dev
CMD node src/server.js
EOF
base64 .env > notes.txt
echo .env > .dockerignore
echo node_modules >> .dockerignore
