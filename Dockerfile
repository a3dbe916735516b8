# The service in a container: `docker build -t hauptbuch .`, then compose.yaml or docs/operating.md.
#
# The base images are named by tag, so that they receive their security fixes. Who needs builds that repeat exactly pins
# them by digest (`python:3.11-bookworm@sha256:...`) in the registry that they are pulled from.

FROM python:3.11-bookworm AS build
WORKDIR /app
COPY Makefile requirements.lock ./
RUN make .venv/.runtime
COPY features features
COPY models models
COPY scoring scoring
RUN make image-root

# Nothing is installed or compiled from here on: the slim image has neither compiler nor make.
FROM python:3.11-slim-bookworm
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY --from=build /app/features features
COPY --from=build /app/models models
COPY --from=build /app/scoring scoring
COPY --from=build --chown=10001:10001 /app/build/data /data
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
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"SCORING_PORT\"]}/health/ready', timeout=5)"]
ENTRYPOINT ["python", "-m", "scoring"]
CMD ["serve"]
