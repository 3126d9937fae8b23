# fails: runs
# says: written for Node 24
cat > Dockerfile <<'EOF'
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nodejs
WORKDIR /app
COPY . .
CMD ["node", "src/server.js"]
EOF
