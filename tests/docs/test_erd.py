"""The diagram of the tables agrees with the models."""

from docs import erd


def test_the_page_is_up_to_date() -> None:
    redraw = "deploy/as_in_production .venv/bin/python -m docs.erd"
    assert erd.PAGE.read_text() == erd.page(), f"update it: {redraw}"


def test_every_table_of_ours_is_in_it() -> None:
    tables = {model._meta.db_table for model in erd.ours()}
    assert {"vendors", "product_categories", "products", "upload_history"} <= tables
    assert all(f"\n    {table} {{\n" in erd.page() for table in tables)
