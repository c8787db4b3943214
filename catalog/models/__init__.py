"""The marketplace's catalog, which the storefront and other systems read."""

from catalog.models.category import Category, CategorySynonym
from catalog.models.change import ProductChange
from catalog.models.confirmation import ContentConfirmation
from catalog.models.product import Product, ProductQuerySet

__all__ = [
    "Category",
    "CategorySynonym",
    "ContentConfirmation",
    "Product",
    "ProductChange",
    "ProductQuerySet",
]
