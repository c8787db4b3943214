# The AWS emulator for docker-compose.yml, in the same version as in the local system and the tests.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements-services.txt /build/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-deps --require-hashes --only-binary :all: -r /build/requirements-services.txt
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app \
    && install -d -o app -g app /state
WORKDIR /app
COPY deploy ./deploy
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
VOLUME ["/state", "/tmp"]
USER 10001:10001
EXPOSE 4566
CMD ["python", "-m", "deploy.image.emulator"]
