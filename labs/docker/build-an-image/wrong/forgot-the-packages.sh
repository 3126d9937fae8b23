# fails: runs
# says: Cannot find package
# says: written for Node 24
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY package.json ./
COPY src src
CMD ["node", "src/server.js"]
EOF
