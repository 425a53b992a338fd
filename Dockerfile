# Two stages: the first builds, the second holds only Python, Dateline and its data volume.
# Every dependency has wheels for amd64 and arm64, so neither needs a compiler.
FROM docker.io/library/python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md alembic.ini ./
COPY alembic alembic
COPY app app
RUN python -m venv /opt/dateline \
    && /opt/dateline/bin/pip install --no-cache-dir --only-binary=:all: --no-binary=dateline-news,dateline_news -c constraints.txt .

FROM docker.io/library/python:3.11-slim
# Not `news`: Debian's base image already has a user of that name.
RUN useradd --no-create-home --uid 10001 --home-dir /data --shell /usr/sbin/nologin dateline \
    && mkdir /data && chown dateline /data
COPY --from=build /opt/dateline /opt/dateline
# Nothing outside of /data is written, so the root file system can be read-only (with a tmpfs on /tmp).
ENV PATH=/opt/dateline/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    DATELINE_DATA_DIR=/data DATELINE_HOST=0.0.0.0
USER dateline
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=8s --start-period=30s CMD ["python", "-m", "app.healthcheck"]
CMD ["dateline", "serve"]
