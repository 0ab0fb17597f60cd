# The first stage builds a virtual environment from the locked, hashed requirements; the second copies only that.
FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/videobot
ENV PATH=/opt/videobot/bin:$PATH
WORKDIR /src
COPY requirements.lock ./
RUN pip install --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY cogs ./cogs
COPY storage ./storage
COPY sandbox ./sandbox
RUN pip install --no-deps .

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --home-dir /app videobot \
    && install -d -o videobot -g videobot -m 700 /app/data
COPY --from=build /opt/videobot /opt/videobot
ENV PATH=/opt/videobot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER videobot
# The only place that is written to, so the root may be read-only.
VOLUME /app/data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["videobot", "health"]
ENTRYPOINT ["videobot"]
CMD ["run"]
