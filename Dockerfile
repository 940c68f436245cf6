# The worker, which decides and tells (default):    docker build -t weir .
# The node role, for an LVS server:                 docker build -t weir-node --target node-role .
#
#   docker run -v /etc/weir:/etc/weir:ro -e WEIR_BROKER_PASSWORD -p 127.0.0.1:8480:8480 weir
#
# The page listens on 127.0.0.1 unless weir.yaml says otherwise, and that is the container's own: publishing it takes
# `http: {listen: 0.0.0.0:8480, token: $WEIR_HTTP_TOKEN}`.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json rolldown.config.mjs ./
COPY src ./src
COPY workers ./workers
COPY rules ./rules
RUN npm run build && rm dist/.tsbuildinfo && npm prune --omit=dev

FROM node:20-bookworm-slim AS base
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY rules ./rules
RUN ln -s /app/dist/bundle/weir.js /usr/local/bin/weir && install -d -o node -g node -m 700 /var/lib/weir
STOPSIGNAL SIGTERM
ENTRYPOINT ["weir"]

# A node touches the kernel of its host and reads keepalived there, so its container shares with it:
#   --network host                    the host's LVS table and addresses
#   --pid host                        keepalived's process: is it alive, and the signal that makes it write its state
#   --cap-drop ALL --cap-add NET_ADMIN   set LVS weights; the rest root may as the owner of keepalived's process and files
#   -v /etc/weir:/etc/weir:ro -v /var/lib/weir:/var/lib/weir
#                                     leases have to outlive the container
#   -v /run:/run:ro -v /tmp:/tmp:ro   keepalived's pid file and its JSON dump: both are replaced, so mount the folders
# and ip_vs is loaded on the host. Then: docker run ... weir-node node --name a
# A plain `weir node` under systemd needs none of this and is the simpler way.
FROM base AS node-role
RUN apt-get update \
  && apt-get install -y --no-install-recommends ipvsadm iproute2 \
  && rm -rf /var/lib/apt/lists/*
CMD ["node", "--help"]

FROM base AS worker
# The letters of the pictures that are told.
RUN apt-get update \
  && apt-get install -y --no-install-recommends fonts-dejavu-core \
  && rm -rf /var/lib/apt/lists/*
USER node
# 503 when no evaluation has finished for 90 s.
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=2 \
  CMD ["node", "-e", "fetch(process.env.WEIR_HEALTH_URL ?? 'http://127.0.0.1:8480/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["worker"]
