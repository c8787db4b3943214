# The application: one image for web, forwarder, workers, beat and migrations, on arm64 and amd64.
# It also builds on older Docker versions, without BuildKit.
#
#   docker build -t onboarding .
#   docker run --read-only --tmpfs /tmp --env-file … onboarding                 web, on port 8000
#   docker run --read-only --tmpfs /tmp --env-file … onboarding python manage.py forward_s3_events
#
# deploy/commands.py has the command lines. There is no HEALTHCHECK, because each service needs its
# own; docker-compose.yml and the task definitions have them.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY requirements.txt /build/
# Wheels only, so no compiler is needed. pip itself is not copied to the final image.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-deps --require-hashes --only-binary :all: -r /build/requirements.txt \
    && /venv/bin/pip uninstall --yes pip setuptools
ENV PATH=/venv/bin:$PATH
COPY manage.py ./
COPY catalog ./catalog
COPY config ./config
COPY imports ./imports
COPY onboarding ./onboarding
COPY vendors ./vendors
COPY warehouse ./warehouse
COPY deploy/as_in_production /build/
# Compiled here, because the root file system is read-only at run time.
RUN /build/as_in_production python manage.py collectstatic --noinput \
    && python -m compileall -q --invalidation-mode unchecked-hash /app
# The certificate authorities of the database, for sslmode=verify-full: a file of this directory, or
# the URL of AWS's bundle, which deployments use:
#   --build-arg RDS_CERTIFICATES=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
# The default contains none, so connections with verify-full fail.
ARG RDS_CERTIFICATES=deploy/image/no-certificates.pem
# hadolint ignore=DL3020
ADD ${RDS_CERTIFICATES} /app/rds-certificates.pem
RUN chmod 644 /app/rds-certificates.pem

FROM ${BASE_IMAGE}
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PGSSLROOTCERT=/app/rds-certificates.pem \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# The only writable directory. Fargate mounts its scratch volume with the owner and mode that the
# image declares here; without a declaration only root could write to it.
VOLUME ["/tmp"]
USER 10001:10001
EXPOSE 8000
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Vendor onboarding" \
      org.opencontainers.image.description="Bulk onboarding of vendors' data: portal, forwarder, workers, beat" \
      org.opencontainers.image.revision="${REVISION}"
CMD ["python", "-m", "config.web_server", "0.0.0.0:8000", "--threads", "8", "--graceful", "30"]
