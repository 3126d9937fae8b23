# fails: clean
# says: leaves it in the layer that copied it
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY . .
RUN rm -r .env node_modules/left-over
USER node
CMD ["node", "src/server.js"]
EOF
