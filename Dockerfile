# The service in a container: `docker build -t hauptbuch .`, then compose.yaml, deploy/ or docs/operating.md.
#
# The base images are named by tag, so that they receive their security fixes. Who needs builds that repeat exactly gives
# their digests: --build-arg BUILD_DIGEST=sha256:... --build-arg BASE_DIGEST=sha256:...
ARG BUILD_DIGEST=""
ARG BASE_DIGEST=""

FROM python:3.11-bookworm${BUILD_DIGEST:+@$BUILD_DIGEST} AS build
WORKDIR /build
COPY Makefile requirements.lock requirements-image.lock ./
RUN make image-packages IMAGE=../app
COPY pyproject.toml ./
COPY features features
COPY forecast forecast
COPY models models
COPY scoring scoring
RUN make image-root IMAGE=../app

# What comes with the slim image and could install more is taken away; it has neither compiler nor make.
FROM python:3.11-slim-bookworm${BASE_DIGEST:+@$BASE_DIGEST} AS base
RUN python -m pip uninstall --yes --root-user-action=ignore pip setuptools wheel

# `docker build --target sandbox`: the local sevdesk with simulated firms, to try the service with
FROM base AS sandbox
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY sandbox sandbox
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8081
ENTRYPOINT ["python", "-m", "sandbox"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8081"]

FROM base
ARG BASE_DIGEST
LABEL org.opencontainers.image.title=hauptbuch \
      org.opencontainers.image.base.name=docker.io/library/python:3.11-slim-bookworm \
      org.opencontainers.image.base.digest=$BASE_DIGEST
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY --from=build /app/features features
COPY --from=build /app/forecast forecast
COPY --from=build /app/models models
COPY --from=build /app/scoring scoring
COPY --from=build /app/sbom.json sbom.json
COPY --from=build --chown=10001:10001 /app/data /data
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SCORING_DATA_DIR=/data \
    SCORING_HOST=0.0.0.0 \
    SCORING_PORT=8000
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ.get(\"SCORING_OPERATIONS_PORT\") or os.environ[\"SCORING_PORT\"]}/health/ready', timeout=5)"]
ENTRYPOINT ["python", "-m", "scoring"]
CMD ["serve"]
