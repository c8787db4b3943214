"""SES: the sender's domain, and the sandbox."""

from collections.abc import Iterator
from typing import Any

from deploy.aws.preflight.findings import Asked, Finding


def sender(asked: Asked) -> Iterator[Finding]:
    """Whether the domain is there exactly if it should be."""
    ses, domain = asked.client("sesv2"), asked.chosen.mail_domain
    identity = found(ses, domain)
    if asked.chosen.mail_domain_exists:
        if identity is None:
            yield Finding(
                f"SES does not know {domain}",
                "With mail_domain_exists, the domain was verified before.",
                "Set mail_domain_exists to false: the release then creates it.",
            )
    elif identity is not None and not asked.exists("base"):
        yield Finding(
            f"SES knows {domain} already",
            "A domain is one identity in a region, and this release would create it.",
            "Set mail_domain_exists to true, or remove the identity.",
        )
    if identity and not identity.get("VerifiedForSendingStatus"):
        yield Finding(
            f"{domain} is not verified",
            "SES sends nothing from a domain without its three DNS records.",
            "Add the CNAME records that the stack prints (MailRecord1 to 3), and wait.",
            is_note=True,
        )


def sandbox(asked: Asked) -> Iterator[Finding]:
    ses = asked.client("sesv2")
    account = ses.get_account()
    if not account.get("SendingEnabled", True):
        yield Finding(
            "SES has stopped sending for this account",
            "Without emails, vendors do not learn of their results.",
            "Answer the case that AWS Support has opened about it.",
        )
    if account.get("ProductionAccessEnabled"):
        return
    unknown = [box for box in mailboxes(asked) if not may_receive(ses, box)]
    yield Finding(
        "SES is in its sandbox",
        "There it sends 200 emails a day, and only to addresses and domains that are verified.",
        "Ask for production access (SES, Account dashboard) before vendors get accounts."
        + (f" Until then, verify in SES: {', '.join(unknown)}." if unknown else ""),
        is_note=True,
    )


def mailboxes(asked: Asked) -> list[str]:
    return sorted({asked.chosen.alarm_mailbox, *asked.chosen.mailboxes.values()})


def may_receive(ses: Any, box: str) -> bool:
    """In the sandbox: if the address or its domain is verified."""
    names = (box, box.rpartition("@")[2])
    return any((found(ses, name) or {}).get("VerifiedForSendingStatus") for name in names)


def found(ses: Any, name: str) -> dict[str, Any] | None:
    try:
        identity: dict[str, Any] = ses.get_email_identity(EmailIdentity=name)
    except ses.exceptions.NotFoundException:
        return None
    return identity
