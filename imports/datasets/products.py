"""A vendor's products, for the marketplace's catalogue."""

from decimal import Decimal

from catalog.models import Category, Product
from imports.dataset import Dataset
from imports.destinations.postgres import PostgresTable
from imports.formats.csv_formats import Csv
from imports.rules import (
    Column,
    Fixed,
    MaxLength,
    Number,
    OneOf,
    Pattern,
    Required,
    Unique,
    WebAddress,
    Whole,
)

LENGTH = r"[0-9]{1,5}(?:\.[0-9]{1,2})?"  # in centimetres

DATASET = Dataset(
    key="products",
    title="Products",
    noun="product",
    nouns="products",
    prefix="uploads/",
    columns=(
        Column(
            "vendor_product_id",
            "Vendor Product ID",
            Required(),
            MaxLength(100),
            example="VP-1001",
            about="Your own number for the product. It finds the product again when you update.",
        ),
        Column(
            "product_name",
            "Product Name",
            Required(),
            MaxLength(200),
            example="Wireless mouse, 3 buttons",
            about="What customers read.",
        ),
        Column(
            "category",
            "Category",
            Required(),
            OneOf(code="INVALID_CATEGORY", names=Category.approved_names),
            example="Computer Accessories",
            about="Where customers find it.",
        ),
        Column("subcategory", "Subcategory", MaxLength(100), example="Mice"),
        Column(
            "description",
            "Description",
            MaxLength(2000),
            example="2.4 GHz, works on glass, battery included.",
            lines=True,
        ),
        Column(
            "sku",
            "SKU",
            Required(),
            MaxLength(100),
            example="TM-MOUSE-01",
            about="Stock keeping unit; no two products on the marketplace share one.",
        ),
        Column("brand", "Brand", MaxLength(100), example="Clicky"),
        Column(
            "price",
            "Price",
            Required(),
            Number(code="INVALID_PRICE", at_least=Decimal("0.01"), at_most=Decimal("999999.99")),
            example="19.99",
        ),
        Column(
            "compare_at_price",
            "Compare At Price",
            Number(at_least=Decimal("0.01"), at_most=Decimal("999999.99")),
            example="24.99",
            about="The price before a reduction.",
        ),
        Column(
            "stock_quantity",
            "Stock Quantity",
            Required(),
            Whole(code="INVALID_STOCK", at_least=0, at_most=1_000_000),
            example="150",
        ),
        Column("unit", "Unit", MaxLength(50), example="piece"),
        Column(
            "weight_kg",
            "Weight kg",
            Number(at_least=Decimal(0), at_most=Decimal("99999.999"), decimals=3),
            example="0.085",
        ),
        Column(
            "dimensions_cm",
            "Dimensions cm",
            MaxLength(50),
            Pattern(
                pattern=rf"{LENGTH}(?: ?[xX×*] ?{LENGTH}){{1,2}}",
                example="11 x 6.5 x 4",
            ),
            example="11 x 6.5 x 4",
            about="Length, width and height.",
        ),
        Column(
            "image_url",
            "Image URL",
            MaxLength(500),
            WebAddress(),
            example="https://images.example.com/tm-mouse-01.jpg",
        ),
    ),
    identity="vendor_product_id",
    unique=(
        Unique(
            "vendor_product_id",
            code="DUPLICATE_VENDOR_PRODUCT_ID",
            scope="vendor",
            taken="Vendor Product ID '{value}' is already in your catalogue",
            repeated="Vendor Product ID '{value}' is already used in row {row} of this file",
            remedy="Give the product an id of its own, or upload the file in update mode to "
            "change the product that has this id.",
        ),
        Unique(
            "sku",
            code="DUPLICATE_SKU",
            scope="platform",
            taken="SKU '{value}' is already taken",
            repeated="SKU '{value}' is already used in row {row} of this file",
            remedy="Give the product a SKU that no other product has.",
        ),
    ),
    fixed=(
        Fixed(
            "sku",
            code="SKU_MISMATCH",
            message="The SKU of an existing product cannot change (stored is '{stored}', the file "
            "has '{value}')",
            remedy="Leave the SKU of an existing product as it is, or leave the cell empty.",
        ),
    ),
    format=Csv(),
    destination=PostgresTable(model=Product, vendor_column="vendor_id"),
    report_before=("vendor_product_id", "sku", "product_name"),
    report_after=("price", "stock_quantity"),
)
