"""The runbook: its questions, and the links to and from it."""

import re
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from imports.admin.troubleshooting import ALARMS, QUESTIONS
from imports.models import Alarm

ADDRESS = "/admin/troubleshooting/"


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def answers(page: str) -> str:
    """The answers alone, without the side bar."""
    return page.partition('class="ob-page"')[2]


def test_every_kind_of_alarm_has_an_answer() -> None:
    assert [question.key for question in ALARMS] == Alarm.Kind.values


def test_each_answer_has_an_address_and_every_list_it_leads_to_opens(as_admin: Client) -> None:
    page = answers(text_of(as_admin.get(ADDRESS)))
    for key in (*Alarm.Kind.values, *(question.key for question in QUESTIONS)):
        assert page.count(f'id="{key}"') == 1
    addresses = set(re.findall(r'href="(/admin/[^"]+)"', page))
    assert reverse("admin:imports_upload_changelist") + "?progress=stalled" in addresses
    for address in addresses:
        text_of(as_admin.get(address.replace("&amp;", "&")))


def test_an_alarm_leads_to_its_answer(as_reviewer: Client) -> None:
    alarm = Alarm.objects.create(kind=Alarm.Kind.UNSENT_MAIL, subject="UPLOAD_1")
    page = text_of(as_reviewer.get(reverse("admin:imports_alarm_change", args=[alarm.pk])))
    assert f'href="{ADDRESS}#unsent_mail"' in page


def test_the_side_bar_leads_there(as_reviewer: Client) -> None:
    assert f'href="{ADDRESS}"' in text_of(as_reviewer.get("/admin/"))


def test_who_has_no_rights_reads_it_without_links_that_lead_nowhere(
    client: Client, staff: User
) -> None:
    client.force_login(staff)
    page = answers(text_of(client.get(ADDRESS)))
    assert "A category is missing" in page
    assert 'href="/admin/' not in page


def test_it_is_for_staff(client: Client, alice: User) -> None:
    assert client.get(ADDRESS).status_code == 302
    client.force_login(alice)
    assert client.get(ADDRESS, follow=True).status_code == 403


def test_numbers_are_those_of_this_deployment(as_admin: Client, settings: Any) -> None:
    settings.SOURCE_KEPT_HOURS = 36
    settings.MAX_ATTEMPTS = 5
    page = text_of(as_admin.get(ADDRESS))
    assert "Retry the upload within 36 hours" in page
    assert "We tried an upload 5 times" in page
