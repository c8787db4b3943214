"""Exports of other programs that hold products: how each is recognized, and what its words mean.

Only words that mean something of their own there are listed. The rest are our names and synonyms.
A word that is ours elsewhere and something else here is listed with "", so that it is not read
until the vendor says what it is. That is so for:

- a price of which the program's settings say whether tax is included, or that starts an auction;
- the short text that some programs call description, and a category that is a path or a number;
- an image column that may hold several addresses, or names of files.

Weights and lengths in units that are not ours, or that the program's settings say, are never read
by themselves either, nor a status of stock as its quantity, nor a parent's SKU.
"""

from imports.rules.matching import Preset

ASK = ""  # not read by itself

PRESETS = (
    # The handle is shared by the variants of a product, so it is not the ID of a row.
    Preset(
        "Shopify",
        frozenset({"Handle", "Variant SKU", "Variant Price"}),
        {
            "Variant SKU": "sku",
            "Variant Price": "price",
            "Variant Compare At Price": "compare_at_price",
            "Variant Inventory Qty": "stock_quantity",
            "Image Src": "image_url",
            "Variant Barcode": "gtin",
        },
    ),
    Preset(
        "Shopify",
        frozenset({"URL handle", "Published on online store"}),
        {"Product image URL": "image_url"},
    ),
    Preset(
        "WooCommerce",
        frozenset({"Is featured?", "Visibility in catalog"}),
        {"ID": "vendor_product_id"},
    ),
    Preset(
        "WooCommerce",
        frozenset({"Ist hervorgehoben?", "Sichtbarkeit im Katalog"}),
        {
            "ID": "vendor_product_id",
            "Artikelnummer": "sku",
            "Beschreibung": "description",
            "Lager": "stock_quantity",
        },
    ),
    Preset(
        "WooCommerce",
        frozenset({"Mis en avant ?", "UGS"}),
        {"ID": "vendor_product_id"},
    ),
    Preset(
        "WooCommerce",
        frozenset({"¿Está destacado?", "Visibilidad en el catálogo"}),
        {
            "ID": "vendor_product_id",
            "Descripción": "description",
            "Inventario": "stock_quantity",
        },
    ),
    Preset(
        "Magento",
        frozenset({"attribute_set_code", "product_websites"}),
        {"qty": "stock_quantity"},
    ),
    Preset(
        "PrestaShop",
        frozenset({"Price tax excluded", "Image URLs (x,y,z...)"}),
        # Its UPC is a second number of the same product.
        {
            "Product ID": "vendor_product_id",
            "Reference #": "sku",
            "Quantity": "stock_quantity",
            "UPC": ASK,
        },
    ),
    Preset(
        "PrestaShop",
        frozenset({"Reference", "Price (tax excl.)", "Position"}),
        {"Product ID": "vendor_product_id", "Reference": "sku", "Quantity": "stock_quantity"},
    ),
    Preset(
        "Google Merchant",
        frozenset({"link", "image_link", "availability"}),
        {"id": "vendor_product_id"},
    ),
    # Its product ID is a barcode, not the seller's own ID.
    Preset(
        "Amazon",
        frozenset({"item_sku", "external_product_id", "standard_price"}),
        {
            "item_sku": "sku",
            "product_description": "description",
            "quantity": "stock_quantity",
        },
    ),
    Preset(
        "Amazon",
        frozenset({"seller-sku", "item-is-marketplace"}),
        {"item-description": "description", "quantity": "stock_quantity"},
    ),
    Preset(
        "BigCommerce",
        frozenset({"Product Code/SKU", "Current Stock Level"}),
        {
            "Product ID": "vendor_product_id",
            "Product Code/SKU": "sku",
            "Product Description": "description",
            "Category": ASK,
        },
    ),
    Preset(
        "BigCommerce",
        frozenset({"Inventory Tracking", "Brand ID", "Image URL (Import)"}),
        {"ID": "vendor_product_id"},
    ),
    Preset(
        "Ecwid",
        frozenset({"product_internal_id", "product_sku"}),
        {
            "product_internal_id": "vendor_product_id",
            "product_sku": "sku",
            "product_price": "price",
            "product_compare_to_price": "compare_at_price",
            "product_quantity": "stock_quantity",
            "product_media_main_image_url": "image_url",
            "product_description": "description",
            "product_brand": "brand",
            "product_upc": "gtin",
        },
    ),
    Preset(
        "Etsy",
        frozenset({"CURRENCY_CODE", "MATERIALS", "IMAGE1"}),
        {"QUANTITY": "stock_quantity", "IMAGE1": "image_url"},
    ),
    # Prices of eBay may be where an auction starts, and its categories are numbers.
    Preset(
        "eBay",
        frozenset({"CustomLabel", "*ConditionID", "*Format"}),
        {
            "CustomLabel": "sku",
            "*Quantity": "stock_quantity",
            "C:Brand": "brand",
            "*Category": ASK,
        },
    ),
    Preset(
        "eBay",
        frozenset({"Custom label (SKU)", "Category ID", "Condition ID"}),
        {
            "Custom label (SKU)": "sku",
            "Quantity": "stock_quantity",
            "C:Brand": "brand",
            "Price": ASK,
        },
    ),
    Preset(
        "eBay",
        frozenset({"Custom label (SKU)", "eBay category 1 name"}),
        {"Custom label (SKU)": "sku"},
    ),
    Preset(
        "OpenCart",
        frozenset({"product_id", "model", "stock_status_id"}),
        {
            "product_id": "vendor_product_id",
            "name(en-gb)": "product_name",
            "description(en-gb)": "description",
            "quantity": "stock_quantity",
            "price": ASK,
        },
    ),
    # Its description is the short one, and its weight is always in kilograms.
    Preset(
        "Shopware",
        frozenset({"ordernumber", "mainnumber", "instock"}),
        {
            "ordernumber": "sku",
            "instock": "stock_quantity",
            "description_long": "description",
            "weight": "weight_kg",
            "description": ASK,
            "imageUrl": ASK,
        },
    ),
    Preset(
        "Shopware",
        frozenset({"product_number", "price_gross", "tax_rate"}),
        {"product_number": "sku", "price_gross": "price", "cover_media_url": "image_url"},
    ),
    Preset(
        "JTL-Wawi",
        frozenset({"Artikelname", "HAN", "Kategorie Ebene 1"}),
        {
            "Artikelnummer": "sku",
            "Beschreibung": "description",
            "Kategorie Ebene 1": "category",
            "Kategorie Ebene 2": "subcategory",
        },
    ),
    Preset(
        "xt:Commerce",
        frozenset({"XTSOL", "p_model"}),
        {
            "p_model": "sku",
            "p_stock": "stock_quantity",
            "p_name.de": "product_name",
            "p_desc.de": "description",
        },
    ),
    Preset(
        "Akeneo",
        frozenset({"enabled", "family", "groups"}),
        {"name-en_US": "product_name", "description-en_US-ecommerce": "description"},
    ),
    Preset(
        "Odoo",
        frozenset({"Internal Reference", "Sales Price"}),
        {"Internal Reference": "sku", "Sales Description": "description"},
    ),
    Preset(
        "Lightspeed",
        frozenset({"composite_sku", "supply_price", "retail_price"}),
        {"id": "vendor_product_id"},
    ),
    Preset(
        "Lightspeed",
        frozenset({"System ID", "Custom SKU", "Manufact. SKU"}),
        {
            "System ID": "vendor_product_id",
            "Custom SKU": "sku",
            "Item": "product_name",
            "Qty.": "stock_quantity",
            "Subcategory 1": "subcategory",
        },
    ),
    Preset(
        "Square",
        frozenset({"Token", "Item Name", "Variation Name"}),
        {"Token": "vendor_product_id"},
    ),
    Preset(
        "Lexware Office",
        frozenset({"Notiz (intern)", "Steuerart"}),
        {"Beschreibung": "description"},
    ),
    # In these three, what is called description is the name.
    Preset(
        "Sage",
        frozenset({"Betrag Preis 1", "Buchungskonto Verkauf"}),
        {"Beschreibung": "product_name"},
    ),
    Preset(
        "Bling",
        frozenset({"NCM", "GTIN/EAN", "Preço de custo"}),
        {
            "ID": "vendor_product_id",
            "Código": "sku",
            "Descrição": "product_name",
            "Unidade": "unit",
            "Preço": "price",
        },
    ),
    Preset(
        "Danea Easyfatt",
        frozenset({"Cod. Udm", "Q.tà giacenza"}),
        {
            "Cod.": "sku",
            "Descrizione": "product_name",
            "Cod. Udm": "unit",
            "Descriz. web (Sorgente HTML)": "description",
            "Q.tà giacenza": "stock_quantity",
        },
    ),
    Preset(
        "Shoper",
        frozenset({"product_code", "stock_warnlevel"}),
        {"price": ASK, "category": ASK},
    ),
    Preset(
        "Solomono",
        frozenset({"model", "metaTitle", "metaDesc"}),
        {"quantity": "stock_quantity", "category": ASK},
    ),
)
