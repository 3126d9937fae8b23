# passes: runs clean exact quick behaves
# The files that npm needs are only mounted; the shell hands its process over to node.
cat > Dockerfile <<'END'
FROM node:24-trixie-slim
ENV NODE_ENV=production
WORKDIR /usr/src/shop
RUN --mount=type=bind,source=package.json,target=package.json \
    --mount=type=bind,source=package-lock.json,target=package-lock.json \
    --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev
COPY . .
USER 1000
EXPOSE 3000
CMD exec node src/server.js
END
cat > .dockerignore <<'END'
*
!src
!package.json
!package-lock.json
END
