# Two stages: the first builds, the second holds only Python, Dateline and its data volume.
FROM docker.io/library/python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md alembic.ini ./
COPY alembic alembic
COPY app app
RUN python -m venv /opt/dateline \
    && /opt/dateline/bin/pip install --no-cache-dir -c constraints.txt .

FROM docker.io/library/python:3.11-slim
# Not `news`: Debian's base image already has a user of that name.
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin dateline \
    && mkdir /data && chown dateline /data
COPY --from=build /opt/dateline /opt/dateline
ENV PATH=/opt/dateline/bin:$PATH DATELINE_DATA_DIR=/data DATELINE_HOST=0.0.0.0
USER dateline
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD ["dateline", "serve"]
