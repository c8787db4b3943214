"""What a check says that an import would do to products."""

from django.db import models

from imports.models.upload import Upload


class PlannedChange(models.Model):
    """What the import of a checked row would do: add a product, or replace values of one.

    `before` and `after` hold the fields that would change, as they are recorded in changes. It is
    kept until the file is imported, or with the upload.
    """

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, db_index=False)
    run = models.IntegerField()
    upload_row = models.IntegerField()
    identity = models.TextField(help_text="Of the product, as the file says it.")
    before = models.JSONField(null=True, help_text="Null if the product is new.")
    after = models.JSONField(null=True)

    class Meta:
        db_table = "planned_changes"
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "run", "upload_row"], name="planned_changes_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} row {self.upload_row}: {self.identity}"
