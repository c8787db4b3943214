"""The region and its zones, the certificate, and the versions of the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from deploy.aws import versions
from deploy.aws.preflight.findings import Asked, Finding

RENEWED = timedelta(days=14)  # ACM renews 60 days before the end, if it can


def zones(asked: Asked) -> Iterator[Finding]:
    found = asked.client("ec2").describe_availability_zones()["AvailabilityZones"]
    states = {zone["ZoneName"]: zone["State"] for zone in found}
    for zone in asked.chosen.availability_zones:
        if states.get(zone) != "available":
            yield Finding(
                f"availability_zones has {zone}, which is {states.get(zone, 'unknown here')}",
                "Subnets need zones that are open to this account.",
                f"Choose two of: {', '.join(sorted(states))}.",
            )


def certificate(asked: Asked) -> Iterator[Finding]:
    arn, domain = asked.chosen.certificate_arn, asked.chosen.domain
    if asked.account not in arn.split(":"):
        yield Finding(
            f"certificate_arn is {arn}",
            f"The certificate must be in this account, {asked.account}.",
            "Request one in ACM in this account and region.",
        )
        return
    try:
        found = asked.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as answer:
        yield Finding(
            f"certificate_arn is {arn}: {answer}",
            "The certificate must exist.",
            f"Request one for {domain} in ACM in region {asked.chosen.region}.",
        )
        return
    if found["Status"] != "ISSUED":
        yield Finding(
            f"The certificate is {found['Status']}",
            "The balancer and API Gateway take only issued certificates.",
            "Add the CNAME records that ACM shows for it, and wait until its status is ISSUED.",
        )
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", ())}
    if not any(covers(name, domain) for name in names):
        yield Finding(
            f"The certificate is for {', '.join(sorted(names))}",
            f"It must be for the portal's domain, {domain}.",
            f"Request one for {domain}, or correct domain.",
        )
    ends = found.get("NotAfter")
    if ends and ends < datetime.now(UTC) + RENEWED:
        yield Finding(
            f"The certificate ends on {ends:%Y-%m-%d}",
            f"It must be valid for {RENEWED.days} days, because ACM renews earlier than that.",
            "See in ACM why it was not renewed: usually its CNAME records are gone.",
        )


def covers(name: str, domain: str) -> bool:
    """Whether a name of a certificate, such as `*.shop.example`, is that of the domain."""
    return name in (domain, f"*.{domain.partition('.')[2]}")


def engine(asked: Asked) -> Iterator[Finding]:
    if asked.chosen.is_compact:
        name, version, kind = "aurora-postgresql", versions.AURORA_VERSION, versions.AURORA_CLASS
    else:
        name, version, kind = "postgres", versions.RDS_VERSION, versions.RDS_CLASS
    rds = asked.client("rds")
    said = {"Engine": name, "DBInstanceClass": kind, "Vpc": True}
    answer = rds.describe_orderable_db_instance_options(**said, EngineVersion=version)
    options = answer["OrderableDBInstanceOptions"]
    if not options:
        others = rds.describe_db_engine_versions(Engine=name)["DBEngineVersions"]
        major = version.partition(".")[0]
        offered = [v["EngineVersion"] for v in others if v["EngineVersion"].startswith(major)]
        yield Finding(
            f"{name} {version} on {kind}",
            "The region must offer the version of the database.",
            f"Set one of {', '.join(offered) or 'the offered versions'} in "
            "deploy/aws/versions.py. A running database is upgraded by the next release.",
        )
        return
    offered_in = {zone["Name"] for each in options for zone in each["AvailabilityZones"]}
    for zone in set(asked.chosen.availability_zones) - offered_in:
        yield Finding(
            f"{name} {version} on {kind} in {zone}",
            "Every chosen zone must offer the database, which may be created in any of them.",
            f"Choose two of: {', '.join(sorted(offered_in))}.",
        )
