# One image for the worker and the simulated exchange. The base is pinned by the tag; every Python package by hash.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PATH=/opt/harvest/bin:$PATH
WORKDIR /source
RUN python -m venv /opt/harvest
# Before the source, so that a change of ours does not install the world again.
COPY requirements.txt .
RUN pip install --require-hashes --only-binary :all: -r requirements.txt
COPY . .
RUN pip install --no-deps --no-build-isolation . && pip check

FROM python:3.12-slim-bookworm
ENV PATH=/opt/harvest/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin harvest
COPY --from=build /opt/harvest /opt/harvest
WORKDIR /srv/harvest
COPY worker.py .
USER 10001
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=12 \
    CMD ["python", "-c", "import sys, urllib.request as r; sys.exit(b'temporal_num_pollers{' not in r.urlopen('http://127.0.0.1:9464/metrics', timeout=2).read())"]
CMD ["python", "worker.py"]
