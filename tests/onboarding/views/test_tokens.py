"""The pages of API tokens."""

from datetime import timedelta

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.timezone import now

from onboarding.views.people.tokens import SCOPES
from tests.onboarding.conftest import Browse, text_of
from vendors import tokens
from vendors.models import ApiToken

PAGE = "/account/tokens/"
FORM = {"name": "Nightly", "scopes": ["uploads:read"], "life": "90"}


def test_a_new_token_is_shown_once_and_works(as_alice: Client, alice: User) -> None:
    made = as_alice.post(PAGE, FORM)
    assert made.status_code == 201
    assert "no-store" in made["Cache-Control"]
    token = ApiToken.objects.get()
    text = str(made.context["created"][1])
    assert text in text_of(made)
    assert text not in text_of(as_alice.get(PAGE))
    assert token.digest == tokens.digest_of(text)
    assert not [value for value in vars(token).values() if value == text]
    assert (token.created_by, token.vendor_id, token.scopes) == (alice, "VEND001", ["uploads:read"])
    assert abs(token.expires_at - now() - timedelta(days=90)) < timedelta(minutes=1)
    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    assert answer.json()["token"]["name"] == "Nightly"


def test_what_is_missing_is_named(as_alice: Client) -> None:
    wrongs: list[dict[str, object]] = [
        {"name": ""},
        {"scopes": []},
        {"life": "4000"},
        {"scopes": ["x"]},
    ]
    for wrong in wrongs:
        answer = as_alice.post(PAGE, {**FORM, **wrong})
        assert answer.status_code == 422
        assert f'href="#id_{next(iter(wrong))}"' in text_of(answer)
    assert not ApiToken.objects.exists()


def test_the_eleventh_token_is_refused(as_alice: Client) -> None:
    for _ in range(tokens.MOST_OF_VENDOR):
        assert as_alice.post(PAGE, FORM).status_code == 201
    answer = as_alice.post(PAGE, FORM)
    assert answer.status_code == 422
    assert "You have 10 tokens, which is the limit" in text_of(answer)


def test_a_colleague_sees_it_and_can_revoke_it(
    as_alice: Client, browse: Browse, adam: User, bob: User
) -> None:
    as_alice.post(PAGE, FORM)
    token = ApiToken.objects.get()
    assert 'data-token="Nightly"' in text_of(browse(adam).get(PAGE))
    assert 'data-token="Nightly"' not in text_of(browse(bob).get(PAGE))
    address = f"{PAGE}{token.pk}/revoke/"
    assert browse(bob).post(address).status_code == 404
    browse(adam).post(address)
    token.refresh_from_db()
    assert (token.revoked_by, token.revoked_at is not None) == (adam, True)
    first = token.revoked_at
    as_alice.post(address)
    token.refresh_from_db()
    assert (token.revoked_by, token.revoked_at) == (adam, first)
    assert "revoked" in text_of(as_alice.get(PAGE))


def test_a_name_is_text_on_every_page(as_alice: Client, browse: Browse, admin: User) -> None:
    as_alice.post(PAGE, {**FORM, "name": '<script>alert("x")</script>'})
    token = ApiToken.objects.get()
    pages = [as_alice.get(PAGE), as_alice.get(f"{PAGE}{token.pk}/revoke/")]
    pages.append(browse(admin).get("/admin/vendors/apitoken/"))
    for page in pages:
        assert "<script>alert" not in text_of(page)
        assert "&lt;script&gt;" in text_of(page)


def test_staff_with_the_right_revoke_tokens_and_it_is_recorded(
    as_alice: Client, browse: Browse, staff: User, admin: User
) -> None:
    as_alice.post(PAGE, FORM)
    token = ApiToken.objects.get()
    asked = {"action": "revoke_selected", "_selected_action": [str(token.pk)]}
    staff.user_permissions.add(Permission.objects.get(codename="view_apitoken"))
    browse(staff).post("/admin/vendors/apitoken/", asked)
    token.refresh_from_db()
    assert token.revoked_at is None
    browse(admin).post("/admin/vendors/apitoken/", asked)
    token.refresh_from_db()
    assert token.revoked_by == admin
    page = text_of(browse(admin).get(f"/admin/vendors/apitoken/{token.pk}/history/"))
    assert "Revoked" in page
    assert token.digest not in text_of(
        browse(admin).get(f"/admin/vendors/apitoken/{token.pk}/change/")
    )


def test_each_scope_is_explained_and_the_usual_ones_are_chosen(as_alice: Client) -> None:
    page = text_of(as_alice.get(PAGE))
    chosen = [line for line in page.splitlines() if 'name="scopes"' in line]
    assert [("checked" in line, line.split('value="')[1].split('"')[0]) for line in chosen] == [
        (True, "uploads:read"),
        (True, "uploads:write"),
        (True, "products:read"),
        (False, "webhooks"),
    ]
    for _key, _title, about in SCOPES:
        assert f"{about} <code>" in page


def test_a_missing_scope_is_named(as_alice: Client) -> None:
    made = as_alice.post(PAGE, FORM)
    headers = {"Authorization": f"Bearer {made.context['created'][1]}"}
    refused = Client().get("/api/v1/products", headers=headers)
    assert refused.json()["code"] == "MISSING_SCOPE"
    assert refused.json()["detail"].startswith("The token lacks the scope products:read. Create")
