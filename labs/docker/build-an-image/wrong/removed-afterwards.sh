# fails: clean exact
# says: a builder that never gets .env and node_modules
# says: leaves it in the layer that copied it
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
