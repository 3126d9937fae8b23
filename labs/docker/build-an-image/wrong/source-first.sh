# fails: quick
# says: installed them again
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY . .
RUN npm ci --omit=dev
USER node
CMD ["node", "src/server.js"]
EOF
echo .env > .dockerignore
echo node_modules >> .dockerignore
