# ragbot as a container: no root, nothing downloaded when it runs, CPU only.
#   docker build -t ragbot . && docker compose up
FROM python:3.11-slim-bookworm AS build
# The CPU build of PyTorch; PyPI's own Linux build brings several GB of CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY pyproject.toml constraints.txt README.md ./
COPY ragbot ragbot
COPY ingest ingest
COPY eval eval
COPY prompts prompts
COPY seeds seeds
RUN python -m venv /opt/ragbot \
    && /opt/ragbot/bin/pip install --index-url "$TORCH_INDEX" torch==2.13.0 \
    && /opt/ragbot/bin/pip install -c constraints.txt '.[sso]'

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="ragbot" \
      org.opencontainers.image.description="Answers from your library, with the exact passage"
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin ragbot \
    && install -d -o ragbot -g ragbot -m 0750 /data
COPY --from=build /opt/ragbot /opt/ragbot
# Settings are RAGBOT_…; these make it answer outside the container and keep its index in a volume.
ENV PATH=/opt/ragbot/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    RAGBOT_HOST=0.0.0.0 \
    RAGBOT_INDEX_DIR=/data/index
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 7860
# Alive, not ready: a library that is being opened is no reason to kill it. /readyz is for the proxy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('RAGBOT_PORT', '7860') + '/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["ragbot"]
CMD ["serve"]
