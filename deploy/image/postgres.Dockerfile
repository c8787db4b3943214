# Replaces the official PostgreSQL image where no registry can be reached: Debian's server, with the
# two variables of the official image that docker-compose.yml sets. Only for `make image-test`.
ARG BASE_IMAGE=python:3.11-slim-bookworm
FROM ${BASE_IMAGE}
# Debian's current version: this image is never deployed.
# hadolint ignore=DL3008
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o postgres -g postgres /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
VOLUME ["/var/lib/postgresql/data"]
# hadolint ignore=DL3066
USER postgres
STOPSIGNAL SIGINT
CMD ["sh", "-ec", "test -e $PGDATA/PG_VERSION || { initdb -U $POSTGRES_USER -A trust -E UTF8 --locale=C.UTF-8; echo 'host all all all trust' >>$PGDATA/pg_hba.conf; echo \"CREATE DATABASE $POSTGRES_DB\" | postgres --single postgres; }; exec postgres -c listen_addresses='*'"]
