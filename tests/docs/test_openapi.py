"""The committed OpenAPI document is the one that the API serves."""

from django.test import Client

from docs import openapi


def test_the_document_is_up_to_date(client: Client) -> None:
    redraw = "deploy/as_in_production .venv/bin/python -m docs.openapi"
    assert openapi.PAGE.read_text() == openapi.text(), f"the API has changed; if meant: {redraw}"


def test_it_is_served(client: Client) -> None:
    served = client.get("/api/v1/openapi.json")
    assert served["Content-Type"] == "application/json"
    assert served.json()["openapi"] == "3.1.0"
    assert openapi.PAGE.read_text().startswith('{\n "openapi": "3.1.0"')
