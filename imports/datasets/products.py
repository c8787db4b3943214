"""A vendor's products, for the marketplace's catalog."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Product
from imports.dataset import Dataset
from imports.datasets.product_presets import PRESETS
from imports.destinations.postgres import PostgresTable
from imports.formats.csv_formats import Csv
from imports.rules import (
    Approved,
    Column,
    Fixed,
    Gtin,
    MaxLength,
    Newest,
    Number,
    Pattern,
    Required,
    Unique,
    UnrestrictedGtin,
    WebAddress,
    Whole,
)
from imports.rules.holds import Watched
from imports.rules.number_format import CURRENCIES

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
            identifies=True,
            about=_("Your own ID for the product. Updates find the product by it."),
        ),
        Column(
            "product_name",
            "Product Name",
            Required(),
            MaxLength(200),
            example="Wireless mouse, 3 buttons",
            about=_("The name that customers see."),
            also=(
                *("Name", "Title", "Item name", "Product title"),
                *("Artikelname", "Artikelbezeichnung", "Bezeichnung", "Produktname"),
                *("Nom", "Nom du produit", "Désignation", "Designation", "Libellé", "Nombre"),
                *("Nombre del producto", "Nombre del artículo"),
                *("Nome", "Nome prodotto", "Nome articolo", "Naam", "Productnaam", "Artikelnaam"),
                *("Nazwa", "Nazwa produktu", "Nazwa towaru", "Nome do produto", "Titolo", "Titulo"),
            ),
        ),
        Column(
            "category",
            "Category",
            Required(),
            Approved(
                code="INVALID_CATEGORY",
                names=Category.approved_names,
                synonyms=Category.approved_synonyms,
            ),
            example="Computer Accessories",
            about=_("Where customers find the product."),
            # Not "Product category": in Shopify and Odoo that is a path through a tree. Not
            # "Kategoria" either: beside a main category it is the lower one.
            also=("Category name", "Kategorie", "Catégorie", "Categorie", "Categoría", "Categoria"),
        ),
        Column(
            "subcategory",
            "Subcategory",
            MaxLength(100),
            example="Mice",
            also=(
                *("Unterkategorie", "Sous-catégorie", "Sous-categorie", "Subcategoría"),
                *("Subcategoria", "Sottocategoria", "Subcategorie", "Podkategoria"),
            ),
        ),
        Column(
            "description",
            "Description",
            MaxLength(2000),
            example="2.4 GHz, works on glass, battery included.",
            lines=True,
            # Not "Product description", "Beschreibung", "Descripción", "Descrizione", "Descrição",
            # "Omschrijving": in many price lists and in Sage, Danea and Bling that is the name.
            also=(
                *("Body (HTML)", "Long description", "Langbeschreibung", "Description longue"),
                *("Descripción larga", "Descrizione estesa", "Beschrijving", "Lange omschrijving"),
                *("Opis", "Opis produktu", "Descrição longa"),
            ),
        ),
        Column(
            "sku",
            "SKU",
            Required(),
            MaxLength(100),
            example="TM-MOUSE-01",
            identifies=True,
            about=_(
                "Stock keeping unit, unique across the marketplace. Each size or color of a "
                "product is a product, with a SKU of its own."
            ),
            # Not an item number, "Artikelnummer", "Référence", "Código", "Codice": each may be the
            # SKU or the vendor's ID. Not "Product SKU" either: it may be the parent's.
            also=(
                *("Seller SKU", "Merchant SKU", "SKU-Nummer", "UGS", "Código SKU", "Codice SKU"),
                *("SKU code", "Kod SKU"),
            ),
        ),
        Column(
            "brand",
            "Brand",
            MaxLength(100),
            example="Clicky",
            # Not the manufacturer and not Shopify's "Vendor", which may be another company.
            also=("Brand name", "Marke", "Marque", "Marca", "Merk", "Marka"),
        ),
        # Without synonyms: in any language, a price may be net or gross, for buying or for selling,
        # before or after a discount, and the vendor knows which.
        Column(
            "price",
            "Price",
            Required(),
            Number(code="INVALID_PRICE", at_least=Decimal("0.01"), at_most=Decimal("999999.99")),
            example="19.99",
            beside=CURRENCIES,
            about=_(
                "What a customer pays, in the currency and with or without the tax that you have "
                "agreed with us. We import the number, and convert nothing."
            ),
            # What a customer pays is then in one column or in the other, differently in each row.
            unless=(
                *("Sale price", "Online sale price", "Special price", "Discount price", "Discount"),
                *("Discount mode", "Retail price"),
            ),
        ),
        Column(
            "compare_at_price",
            "Compare At Price",
            Number(at_least=Decimal("0.01"), at_most=Decimal("999999.99")),
            example="24.99",
            beside=CURRENCIES,
            about=_("The price before a discount."),
            # Not a recommended price (RRP, UVP, PVP): the product may never have been sold at it.
            also=(
                *("Price before discount", "Streichpreis", "Prix barré", "Precio tachado"),
                *("Prezzo barrato", "Van-prijs", "Cena przekreślona"),
            ),
        ),
        Column(
            "stock_quantity",
            "Stock Quantity",
            Required(),
            Whole(code="INVALID_STOCK", at_least=0, at_most=1_000_000),
            example="150",
            # Not "Quantity" or "Menge", which may be what a package holds; not "In stock" or
            # "Availability", which are yes or no.
            also=(
                *("Stock", "Stock on hand", "Quantity on hand", "Current stock"),
                *("Current stock level", "Inventory quantity", "Available quantity"),
                *("Quantity in stock", "Qty in stock", "Bestand", "Lagerbestand", "Lagermenge"),
                "Lagerstand",
                *(
                    "Quantité en stock",
                    "Quantite en stock",
                    "Stock disponible",
                    "Existencias",
                    "Cantidad en stock",
                ),
                *("Giacenza", "Quantità in magazzino", "Voorraad", "Aantal op voorraad"),
                *("Stan magazynowy", "Ilość w magazynie", "Estoque", "Quantidade em estoque"),
            ),
        ),
        Column(
            "unit",
            "Unit",
            MaxLength(50),
            example="piece",
            # Not "Einheit", "Unité" and the like: beside a content they are what that is measured
            # in. Not a sales unit, which may be a number.
            also=(
                *("Unit of measure", "Mengeneinheit", "Basismengeneinheit", "Unité de mesure"),
                "Unidad de medida",
                *("Unità di misura", "Jednostka miary", "J.m.", "Unidade de medida"),
            ),
        ),
        Column(
            "weight_kg",
            "Weight kg",
            Number(at_least=Decimal(0), at_most=Decimal("99999.999"), decimals=3),
            example="0.085",
            beside=("kg",),
            # Only what says kilograms, and neither net nor gross.
            also=(
                *("Weight in kg", "Gewicht (kg)", "Gewicht in kg", "Poids (kg)", "Peso (kg)"),
                "Waga (kg)",
            ),
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
            about=_("Length, width and height."),
            # Only what says centimeters.
            also=(
                *("Abmessungen (cm)", "Maße (cm)", "Dimensiones (cm)", "Dimensioni (cm)"),
                *("Afmetingen (cm)", "Wymiary (cm)", "Dimensões (cm)"),
            ),
        ),
        Column(
            "image_url",
            "Image URL",
            MaxLength(500),
            WebAddress(),
            example="https://images.example.com/tm-mouse-01.jpg",
            about=_("One picture: the address of the file itself, without a login."),
            # Not "Image" or "Images", which may be the name of a file or several addresses.
            also=(
                *("Image link", "Main image URL", "Photo URL", "Bild-URL", "URL de l'image"),
                *("URL de l’image", "URL de la imagen", "URL immagine", "Afbeelding URL"),
                *("Link do zdjęcia", "URL da imagem"),
            ),
        ),
        Column(
            "gtin",
            "GTIN",
            Gtin(),
            UnrestrictedGtin(),
            example="4006381333931",
            about=_("The number below the bar code: GTIN, EAN, UPC or ISBN-13."),
            # Not the number of a package, and not an ISBN alone, which may have ten digits.
            also=(
                *("EAN", "EAN-13", "EAN-Code", "UPC", "Barcode", "GTIN/EAN", "UPC/EAN"),
                *("EAN UPC", "Product UPC/EAN", "GTIN, UPC, EAN, or ISBN"),
                *("GTIN, UPC, EAN oder ISBN", "Strichcode", "Code-barres", "Code barre"),
                *("Código de barras", "Código barras", "Código EAN", "Codice a barre"),
                *("Cod. a barre", "Codice EAN", "Streepjescode", "Kod EAN", "Kod kreskowy"),
            ),
        ),
    ),
    modes=("create", "update", "replace", "check"),
    identity="vendor_product_id",
    state="status",
    unique=(
        Unique(
            "vendor_product_id",
            code="DUPLICATE_VENDOR_PRODUCT_ID",
            scope="vendor",
            taken=_("Vendor Product ID '{value}' is already in your catalog"),
            repeated=_("Vendor Product ID '{value}' is already used in row {row} of this file"),
            remedy=_(
                "Give each product its own ID. To change a product that already exists, choose "
                "Update."
            ),
        ),
        Unique(
            "sku",
            code="DUPLICATE_SKU",
            scope="platform",
            taken=_("SKU '{value}' is already in use"),
            repeated=_("SKU '{value}' is already used in row {row} of this file"),
            remedy=_("Use a SKU that no other product has."),
        ),
    ),
    fixed=(
        Fixed(
            "sku",
            code="SKU_MISMATCH",
            message=_("SKU of an existing product must stay '{stored}' (was '{value}')"),
            remedy=_("Enter the product's existing SKU, or leave the cell empty."),
        ),
    ),
    newest=Newest(
        "vendor_product_id",
        code="OLDER_CONTENT",
        by_file=_("A newer file, '{value}' of {when}, has already changed this product"),
        by_hand=_("This product was changed on {when}, after this file was sent"),
        some_by_file=_(
            "Not changed: {fields}. A newer file, '{value}' of {when}, has already changed this "
            "product"
        ),
        some_by_hand=_(
            "Not changed: {fields}. This product was changed on {when}, after this file was sent"
        ),
        remedy=_("You don't need to do anything. If this file is right, upload it again."),
    ),
    watched=Watched(
        price="price",
        stock="stock_quantity",
        texts=("product_name", "category"),
        different=("price", "product_name"),
    ),
    presets=PRESETS,
    format=Csv(),
    destination=PostgresTable(
        model=Product,
        vendor_column="vendor_id",
        keeps_newest=True,
        history=True,
        moves_of="price",
    ),
    report_before=("vendor_product_id", "sku", "product_name"),
    report_after=("price", "stock_quantity"),
    # What customers look for first. Not what only some products have: a subcategory, a unit, a
    # price to compare with.
    quality={
        "image_url": 30,
        "description": 25,
        "brand": 15,
        "gtin": 15,
        "weight_kg": 10,
        "dimensions_cm": 5,
    },
)
