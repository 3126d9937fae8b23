# fails: exact
# says: npm install repairs the lock file
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --omit=dev
COPY src src
USER node
CMD ["node", "src/server.js"]
EOF
