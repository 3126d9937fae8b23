# passes: runs clean exact quick behaves
# Root installs and starts, and the server gives root up; what developers need goes in the same step.
cat > Dockerfile <<'END'
ARG VERSION=24
FROM node:${VERSION}-trixie-slim
COPY package.json package-lock.json /opt/shop/
RUN <<STEPS
set -e
cd /opt/shop
npm clean-install
npm prune --omit=dev
STEPS
COPY --chown=root:root src /opt/shop/src
RUN node --check /opt/shop/src/server.js
STOPSIGNAL SIGINT
WORKDIR /opt/shop/src
ENTRYPOINT ["setpriv", "--reuid=node", "--regid=node", "--init-groups"]
CMD ["node", "server.js"]
END
printf '# not for the builder\n.env\nnode_modules/\n' > .dockerignore
