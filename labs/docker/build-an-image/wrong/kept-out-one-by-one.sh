# fails: clean exact behaves
# says: expected a builder that never gets node_modules, found
# says: Keep it out with .dockerignore
# says: no package that only developers need
# says: found /app/node_modules/prettier/package.json
# says: it runs as user 0, which is root
mkdir node_modules/another
echo 'throw new Error("not this one either");' > node_modules/another/index.js
cat > Dockerfile <<'EOF'
FROM node:24-trixie-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci && useradd --non-unique --uid 0 shop
COPY . .
USER shop
WORKDIR /app/src
CMD ["node", "server.js"]
EOF
cat > .dockerignore <<'EOF'
.env
node_modules/left-over
EOF
