# passes: runs clean exact quick behaves
# Two stages, of which the last has no shell and no other program than node.
cat > Dockerfile <<'END'
FROM node:24-trixie-slim AS packages
WORKDIR /srv
COPY package*.json ./
RUN npm ci --omit=dev
RUN mkdir /rest && for each in /usr/local/bin/node $(ldd /usr/local/bin/node | grep -o '/[^ )]*'); do cp -L --parents "$each" /rest; done

FROM node:24-trixie-slim AS test
WORKDIR /srv
COPY . .
RUN npm ci && npm test

FROM scratch
COPY --from=packages /rest /
WORKDIR /srv
COPY --from=packages /srv/node_modules node_modules
COPY package.json .
COPY src src
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["src/server.js"]
END
printf '**/node_modules\r\n.env*\r\n' > Dockerfile.dockerignore
