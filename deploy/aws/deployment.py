"""What is deployed: the choices in cdk.json and the differences between the two layouts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOUR = 3600
# Names that AWS forms from it may have 32 characters, such as that of a target group.
NAME = "[a-z][a-z0-9-]{1,19}"
FIRST = "onboarding"  # the environment whose tables have no prefix
PROXY_HEADERS = "X-Portal"  # prefix of the compact layout's headers for scheme and client address


@dataclass(frozen=True)
class Layout:
    """One of the two layouts. `pace` holds settings that differ from their defaults there.

    `workers` says how many tasks import for how many visible hints: each step is the hints from
    which on it applies, and its tasks.
    """

    key: str
    workers: tuple[tuple[int, int], ...]
    pace: Mapping[str, str] = field(default_factory=dict)

    @property
    def max_workers(self) -> int:
        return self.workers[-1][1]


LAYOUTS = {
    layout.key: layout
    for layout in (
        Layout("standard", workers=((1, 1), (50, 2), (200, 4))),
        # Every query keeps the database awake for five minutes. So all sweeps run at the same
        # time, to wake it once. Watching the dead-letter queues does not need the database.
        Layout(
            "compact",
            # The portal's task imports, too; others help when it cannot keep up.
            workers=((20, 1), (200, 2)),
            pace={
                "CONN_MAX_AGE": "0",
                "DB_CONNECT_TIMEOUT": "60",
                "PUBLIC_SECONDS": str(24 * HOUR),
                "RESUME_EVERY_SECONDS": str(6 * HOUR),
                "MISSING_EVENTS_EVERY_SECONDS": str(6 * HOUR),
                "SCHEDULES_EVERY_SECONDS": str(6 * HOUR),
                "CLEAN_UP_EVERY_SECONDS": str(6 * HOUR),
                "MAIL_EVENTS_EVERY_SECONDS": str(6 * HOUR),
                "DEAD_LETTERS_EVERY_SECONDS": "300",
                # An HTTP API accepts requests up to 10 MB; a form is slightly larger than its file.
                # Larger files of machines would take the portal's task for too long.
                "UPLOAD_MAX_BYTES": "10000000",
                "CSV_MAX_BYTES": "10000000",
                "METRICS_MAX_BYTES": "10000000",
                "PROXY_HEADERS": PROXY_HEADERS,  # see gateway.py
            },
        ),
    )
}


class NotDeployable(Exception):
    """A choice in cdk.json is invalid; the message names it."""


@dataclass(frozen=True)
class Deployment:
    """The choices in cdk.json, one field for each."""

    layout: Layout
    name: str  # of the environment; prefix of all names
    region: str  # of everything, whatever the shell says
    domain: str  # of the portal; its DNS record points to the web stack's output
    certificate_arn: str  # for that domain, in the same region
    mail_sender: str  # of all emails; SES verifies its domain by DNS records
    mail_domain_exists: bool  # another environment of this region has had the domain verified
    alarm_mailbox: str  # for operators, and for uploads without another recipient
    mailboxes: Mapping[str, str]  # of data sets, for files that no person uploaded
    availability_zones: tuple[str, ...]  # at least two of the region
    multi_az: bool  # a second database instance in another zone, for twice the price
    spot: bool  # compact: the portal's task runs on Spot, for half the price
    monthly_budget: int  # dollars of the whole account; operators get an email before it is spent
    schedule_prefixes: tuple[str, ...]  # for schedules, in addition to those of the data sets
    metrics_parameter: str  # SSM parameter with the token for /metrics; "" for no such page
    vendor_drops: Mapping[str, Mapping[str, str]]  # account and external_id of each vendor

    @property
    def is_compact(self) -> bool:
        return self.layout.key == "compact"

    @property
    def mail_domain(self) -> str:
        return self.mail_sender.rpartition("@")[2]

    def log_group(self, part: str) -> str:
        return f"/{self.name}/{part}"

    def table(self, name: str) -> str:
        """A table's name. Those of the first environment are older than the second one."""
        return name if self.name == FIRST else f"{self.name}-{name}"


def read(choices: Mapping[str, Any]) -> Deployment:
    """The choices as a Deployment. Raises NotDeployable."""
    layout = LAYOUTS.get(choices["layout"])
    if layout is None:
        raise NotDeployable(f"layout must be one of {', '.join(LAYOUTS)}, not {choices['layout']}")
    if not re.fullmatch(NAME, choices["name"]):
        raise NotDeployable(f"name: {choices['name']} does not match {NAME}")
    region, zones = choices["region"], tuple(choices["availability_zones"])
    if len(zones) < 2:
        raise NotDeployable("availability_zones: databases and load balancers need at least two")
    if outside := [zone for zone in zones if not zone.startswith(region)]:
        raise NotDeployable(f"availability_zones: {', '.join(outside)} not in region {region}")
    if choices["certificate_arn"].split(":")[3:4] != [region]:
        raise NotDeployable(f"certificate_arn: not the ARN of a certificate in region {region}")
    if choices["multi_az"] and layout.key == "compact":
        raise NotDeployable("multi_az: the compact layout has only one database instance")
    for dataset, mailbox in choices["mailboxes"].items():
        if not re.fullmatch(r"[a-z_]+=[^\s@,=]+@[^\s@,=]+", f"{dataset}={mailbox}"):
            raise NotDeployable(f"mailboxes: {dataset}={mailbox} is not a data set and its address")
    return Deployment(
        layout=layout,
        name=choices["name"],
        region=region,
        domain=choices["domain"],
        certificate_arn=choices["certificate_arn"],
        mail_sender=choices["mail_sender"],
        mail_domain_exists=choices["mail_domain_exists"],
        alarm_mailbox=choices["alarm_mailbox"],
        mailboxes=choices["mailboxes"],
        availability_zones=zones,
        multi_az=choices["multi_az"],
        spot=choices["spot"],
        monthly_budget=choices["monthly_budget"],
        schedule_prefixes=tuple(choices["schedule_prefixes"]),
        metrics_parameter=choices["metrics_parameter"],
        vendor_drops=choices["vendor_drops"],
    )
