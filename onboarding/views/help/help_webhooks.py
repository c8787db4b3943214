"""The help page about webhooks: what is sent, how to verify it, what an answer means."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from onboarding.help import webhook_guide


@require_safe
@login_not_required
def help_webhooks(request: HttpRequest) -> HttpResponse:
    page = {
        "messages_sent": webhook_guide.messages(),
        "headers": webhook_guide.HEADERS,
        "programs": webhook_guide.PROGRAMS,
        "pauses": webhook_guide.pauses(),
        "answers": webhook_guide.answers(),
        **webhook_guide.numbers(),
    }
    return render(request, "onboarding/help_webhooks.html", page)
