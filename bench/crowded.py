"""A system after years: vendors, uploads, products and errors by the million, made by PostgreSQL.

Sizes are even and the content is plain, but nothing is alike: every upload has its own counts,
times and status, one vendor has a tenth of everything, and one upload is wrong in all its rows.
"""

from dataclasses import dataclass

from django.db import connection, transaction
from psycopg2 import sql

HEAVY_VENDOR = "VEND001"  # the demo data's, with people of its own


@dataclass(frozen=True)
class Size:
    vendors: int
    uploads: int
    products: int
    errors: int


FEW = Size(10, 10, 1_000, 1_000)
MANY = Size(10_000, 10_000, 1_000_000, 1_000_000)

# Every second upload is partial and has its share of the errors; upload 1 has a hundredth.
FILL = (
    """
    INSERT INTO vendors (vendor_id, name, contact_email, is_active, created_at)
    SELECT 'BV' || lpad(n::text, 6, '0'), 'Vendor ' || md5(n::text), 'v' || n || '@vendor.example',
           n %% 50 <> 0, now() - n * interval '1 hour'
    FROM generate_series(1, %(vendors)s) AS n ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO upload_history (
        upload_id, vendor_id, vendor_prefix, dataset, mode, run, file_name, upload_timestamp,
        s3_bucket, s3_key, s3_version, file_size, sha256, source_deleted_at, status, step,
        failure_code, failure_message, started_at, completed_at, notified_at,
        total_records, valid_records, error_records, skipped_records, error_file_s3_key,
        error_file_version, layout, ignored_columns, staged_items, cursor, token, attempts
    )
    SELECT 'UPLOAD_' || to_char(at, 'YYYYMMDD_HH24MISS') || '_' || lpad(to_hex(n), 6, '0'),
           vendor, vendor, 'products', 'create', 1, 'products-' || n || '.csv', at,
           'bench', 'bench/' || n, 'v1', 100000 + n, md5(n::text), at + interval '1 day',
           CASE kind WHEN 1 THEN 'partial' WHEN 3 THEN 'failed' ELSE 'completed' END, 'done',
           CASE kind WHEN 3 THEN 'MISSING_COLUMNS' ELSE '' END, '', at, at + interval '2 s',
           at + interval '3 s', CASE kind WHEN 3 THEN 0 ELSE rows END,
           CASE kind WHEN 1 THEN rows - wrong WHEN 3 THEN 0 ELSE rows END,
           CASE kind WHEN 1 THEN wrong ELSE 0 END, 0,
           CASE kind WHEN 1 THEN 'errors/' || vendor || '/' || n ELSE '' END, 'v1',
           '{"encoding": "utf-8", "delimiter": ",", "header": ["SKU", "Price"], "header_row": 1,
             "data_rows": 1000, "separator_line": false}', '[]', 1, 1, 1, 0
    FROM (
        SELECT n, now() - n * interval '80 days' / %(uploads)s AS at,
               CASE WHEN n %% 10 = 1 THEN %(heavy)s
                    ELSE 'BV' || lpad((n %% %(vendors)s + 1)::text, 6, '0') END AS vendor,
               CASE WHEN n %% 2 = 1 THEN 1 ELSE n %% 20 / 2 END AS kind,
               greatest(1000 + n %% 977, %(errors)s / 100) AS rows,
               CASE WHEN n = 1 THEN %(errors)s / 100
                    ELSE 2 * %(errors)s / %(uploads)s END AS wrong
        FROM generate_series(1, %(uploads)s) AS n
    ) AS upload
    """,
    """
    INSERT INTO products (
        vendor_id, vendor_product_id, product_name, category, description, sku, brand, price,
        stock_quantity, upload_id, upload_row, created_at
    )
    SELECT CASE WHEN n %% 10 = 1 THEN %(heavy)s
                ELSE 'BV' || lpad((n %% %(vendors)s + 1)::text, 6, '0') END,
           'BP-' || n, 'Product ' || md5(n::text), category.name, md5((n + 1)::text),
           'BS-' || n, 'Brand ' || n %% 500, 1 + n %% 90000 / 100.0,
           n %% 1000, upload.upload_id, n %% 1000 + 2, upload.upload_timestamp
    FROM generate_series(1, %(products)s) AS n
    JOIN (SELECT row_number() OVER () AS i, name FROM product_categories) AS category
      ON category.i = n %% (SELECT count(*) FROM product_categories) + 1
    JOIN (SELECT row_number() OVER () AS i, upload_id, upload_timestamp FROM upload_history
          WHERE s3_bucket = 'bench') AS upload ON upload.i = n %% %(uploads)s + 1
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO validation_errors (
        upload_id, run, row_number, column_name, error_type, error_message, original_data,
        created_at
    )
    SELECT upload_id, 1, n + 1, (ARRAY['price', 'sku', 'category', 'stock_quantity'])[n %% 4 + 1],
           (ARRAY['INVALID_PRICE', 'DUPLICATE_SKU', 'INVALID_CATEGORY',
                  'INVALID_STOCK'])[n %% 4 + 1],
           'Price must be at least 0.01 (was -' || n || '.00)',
           jsonb_build_object('SKU', 'BS-' || n, 'Price', '-' || n || '.00'), completed_at
    FROM upload_history, generate_series(1, error_records) AS n
    WHERE s3_bucket = 'bench' AND error_records > 0
    """,
)


def empty() -> None:
    """Forget all uploads and products; the demo's people and vendors stay."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE products, upload_history CASCADE")


def fill(size: Size) -> None:
    """Make the rows, in place of those of an earlier size."""
    empty()
    values: dict[str, int | str] = {
        "vendors": size.vendors,
        "uploads": size.uploads,
        "products": size.products,
        "errors": size.errors,
        "heavy": HEAVY_VENDOR,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, values)
        for table, wanted in (("products", size.products), ("validation_errors", size.errors)):
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            (made,) = cursor.fetchone() or (0,)
            if made < wanted:
                raise AssertionError(f"{made} of {wanted} rows in {table}")
    with connection.cursor() as cursor:  # what PostgreSQL does by itself, some minutes later
        cursor.execute("VACUUM ANALYZE")
