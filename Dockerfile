# The application: one image for web, forwarder, workers, beat and migrations, on arm64 and amd64.
# Written for older builders too: nothing in it needs BuildKit.
#
#   docker build -t onboarding .
#   docker run --read-only --tmpfs /tmp --env-file … onboarding                 web, on port 8000
#   docker run --read-only --tmpfs /tmp --env-file … onboarding python manage.py forward_s3_events
#
# deploy/commands.py has the command lines. There is no HEALTHCHECK, because what is healthy differs
# by service; docker-compose.yml and the task definitions say it.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY requirements.txt /build/
# Wheels only: nothing is compiled, so no compiler is needed here either. pip itself stays behind.
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
# The root file system is read-only when this runs, so that Python could not keep what it compiles.
RUN /build/as_in_production python manage.py collectstatic --noinput \
    && python -m compileall -q --invalidation-mode unchecked-hash /app
# Who signed the database's certificate, for sslmode=verify-full: a file of this directory, or the
# address of AWS's bundle, which is what a deployment builds with:
#   --build-arg RDS_CERTIFICATES=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
# The default holds none; with it, verify-full connects to nobody.
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
# The one place that is written to. Fargate mounts its scratch volume with the owner and the mode
# that the image declares here, and without a declaration for root alone.
VOLUME ["/tmp"]
USER 10001:10001
EXPOSE 8000
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Vendor onboarding" \
      org.opencontainers.image.description="Bulk onboarding of vendors' data: portal, forwarder, workers, beat" \
      org.opencontainers.image.revision="${REVISION}"
CMD ["python", "-m", "gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--no-control-socket", "--logger-class", "config.gunicorn_log.Logger", "--timeout", "60", "--graceful-timeout", "30", "--keep-alive", "75"]
