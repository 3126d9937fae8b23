# fails: clean exact
# says: Keep it out with .dockerignore
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
USER node
CMD ["node", "src/server.js"]
EOF
