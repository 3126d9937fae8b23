# fails: clean exact quick
# says: the builder keeps a stage that only builds
# says: found /usr/local/lib/node_modules/prettier/package.json
# says: installed them again: RUN npm ci
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --omit=dev

FROM node:24-trixie-slim
RUN npm install --global prettier
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/src src
USER node
CMD ["node", "src/server.js"]
EOF
echo node_modules > .dockerignore
