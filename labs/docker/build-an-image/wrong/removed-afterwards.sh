# fails: clean exact
# says: .env never reaches the builder
# says: leaves it in the layer that copied it
# says: found /app/.env
# says: npm install repairs the lock file
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --omit=dev
COPY . .
RUN rm -r .env node_modules/left-over
USER node
CMD ["node", "src/server.js"]
EOF
