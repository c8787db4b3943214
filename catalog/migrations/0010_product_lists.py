"""Indexes of the lists of products: a vendor's own, inactive products, and words."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models
from django.db.models import Func, Q

PRODUCT_WORDS = """
CREATE FUNCTION product_words(sku text, vendor_product_id text, product_name text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
BEGIN
    RETURN array_to_tsvector(array_remove(regexp_split_to_array(
        lower(sku || ' ' || vendor_product_id || ' ' || product_name), '[^[:alnum:]]+'), ''));
END $$;
"""
INDEXES = (
    models.Index(
        fields=["vendor", "product_id"],
        include=("category", "status"),
        name="products_of_vendor",
    ),
    models.Index(fields=["product_id"], condition=Q(status="inactive"), name="products_inactive"),
    GinIndex(
        Func(
            *("sku", "vendor_product_id", "product_name"),
            function="product_words",
            output_field=SearchVectorField(),
        ),
        name="products_words",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_changes"), ("vendors", "0004_longer_ids")]

    operations = [
        migrations.RunSQL(PRODUCT_WORDS, "DROP FUNCTION product_words"),
        *(migrations.AddIndex(model_name="product", index=index) for index in INDEXES),
    ]
