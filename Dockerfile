# The image of knap itself. It uses the container engine whose socket is mounted: see docker-compose.yml.
ARG NODE_IMAGE=node:22-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /knap
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts scripts
COPY src src
RUN node scripts/build.mjs

FROM ${NODE_IMAGE}
WORKDIR /project
COPY --from=build /knap/dist /knap/dist
COPY templates /knap/templates
# State that must survive the container: the volume of docker-compose.yml.
ENV NODE_ENV=production KNAP_ADDRESS=0.0.0.0 KNAP_PORT=8080 XDG_STATE_HOME=/var/lib
EXPOSE 8080
ENTRYPOINT ["node", "/knap/dist/cli.js"]
CMD ["up"]
