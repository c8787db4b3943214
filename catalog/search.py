"""Products by words of their SKU, of the vendor's ID and of their name.

A product is found if each word of the search begins one of its own; one character has to be all of
it. TM-01 is two words. The words are in an index, but in no column: to find out those of a row
takes so long that PostgreSQL is to look into the index first, hence the cost of the function.
"""

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import BooleanField, Expression, Func, Value

# As a migration has created it. The index depends on it, so it does not change.
PRODUCT_WORDS_FUNCTION = """\
CREATE FUNCTION product_words(sku text, vendor_product_id text, product_name text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
BEGIN
    RETURN array_to_tsvector(array_remove(regexp_split_to_array(
        lower(sku || ' ' || vendor_product_id || ' ' || product_name), '[^[:alnum:]]+'), ''));
END $$;
"""
PRODUCT_WORDS = Func(
    *("sku", "vendor_product_id", "product_name"),
    function="product_words",
    output_field=SearchVectorField(),
)


def matches(text: str) -> Expression | None:
    """The condition that a product is found by a search; None if `text` has no words."""
    wanted = " & ".join(f"'{word}':*" if len(word) > 1 else f"'{word}'" for word in words_in(text))
    if not wanted:
        return None
    query = Func(Value(wanted), template="%(expressions)s::tsquery")
    return Func(
        *(PRODUCT_WORDS, query),
        arg_joiner=" @@ ",
        template="%(expressions)s",
        output_field=BooleanField(),
    )


def words_in(text: str) -> list[str]:
    """The words of a text, divided by the same function."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(product_words('', '', %s))", [text])
        (words,) = cursor.fetchone()
    return list(words)
