"""What is deployed: the choices of cdk.json, and what each of the two layouts makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOUR = 3600
PROXY_HEADERS = "X-Portal"  # in which the compact layout's API tells scheme and address


@dataclass(frozen=True)
class Layout:
    """One of the two shapes. `pace` are variables of the application that differ from their
    defaults there."""

    key: str
    most_workers: int
    pace: Mapping[str, str] = field(default_factory=dict)


LAYOUTS = {
    layout.key: layout
    for layout in (
        Layout("standard", most_workers=4),
        # Quiet when idle, because every question keeps the database awake for five minutes. All
        # sweeps come at the same moment, so that they wake it once. The dead letters are looked at
        # without the database.
        Layout(
            "compact",
            most_workers=2,
            pace={
                "CONN_MAX_AGE": "0",
                "DB_CONNECT_TIMEOUT": "60",
                "RESUME_EVERY_SECONDS": str(6 * HOUR),
                "MISSING_EVENTS_EVERY_SECONDS": str(6 * HOUR),
                "SCHEDULES_EVERY_SECONDS": str(6 * HOUR),
                "CLEAN_UP_EVERY_SECONDS": str(6 * HOUR),
                "DEAD_LETTERS_EVERY_SECONDS": "300",
                # An HTTP API takes requests of 10 MB, and a form is a little larger than its file.
                "UPLOAD_MAX_BYTES": "10000000",
                "PROXY_HEADERS": PROXY_HEADERS,  # see gateway.py
            },
        ),
    )
}


class NotDeployable(Exception):
    """A choice in cdk.json that makes no sense; the text names it."""


@dataclass(frozen=True)
class Deployment:
    """The choices of cdk.json, one for one."""

    layout: Layout
    name: str  # with which the names of everything begin
    domain: str  # of the portal; its DNS is pointed to the web stack's output
    certificate_arn: str  # for that domain, in the same region
    mail_sender: str  # of all e-mails; its domain is proved to SES by DNS
    alarm_mailbox: str  # operators'; also of uploads that have no other recipient
    availability_zones: tuple[str, ...]  # two or more of the region
    multi_az: bool  # a second database instance in another zone; for twice the price
    schedule_prefixes: tuple[str, ...]  # where schedules may find files, beside the data sets'
    vendor_drops: Mapping[str, Mapping[str, str]]  # by vendor: account and external_id

    @property
    def is_compact(self) -> bool:
        return self.layout.key == "compact"

    @property
    def mail_domain(self) -> str:
        return self.mail_sender.rpartition("@")[2]

    def log_group(self, part: str) -> str:
        return f"/{self.name}/{part}"


def read(choices: Mapping[str, Any]) -> Deployment:
    """The choices as a Deployment. Raises NotDeployable."""
    layout = LAYOUTS.get(choices["layout"])
    if layout is None:
        raise NotDeployable(f"layout {choices['layout']!r} is none of {', '.join(LAYOUTS)}")
    zones = tuple(choices["availability_zones"])
    if len(zones) < 2:
        raise NotDeployable("availability_zones: a database needs two, and so does a balancer")
    if choices["multi_az"] and layout.key == "compact":
        raise NotDeployable("multi_az: the compact layout has one database instance")
    return Deployment(
        layout=layout,
        name=choices["name"],
        domain=choices["domain"],
        certificate_arn=choices["certificate_arn"],
        mail_sender=choices["mail_sender"],
        alarm_mailbox=choices["alarm_mailbox"],
        availability_zones=zones,
        multi_az=choices["multi_az"],
        schedule_prefixes=tuple(choices["schedule_prefixes"]),
        vendor_drops=choices["vendor_drops"],
    )
