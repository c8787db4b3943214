"""Keys claimed by rows of an upload's current run."""

from django.db import models

from imports.models.upload import Upload


class ClaimedKey(models.Model):
    """A key claimed by a row of an upload's current run, where the destination does not store it:
    in a check, and in destinations without keys. It is deleted when the run ends."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, db_index=False)
    column_name = models.CharField(max_length=100)
    key = models.TextField()
    row_number = models.IntegerField()

    class Meta:
        db_table = "claimed_keys"
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "column_name", "key"], name="claimed_keys_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.column_name}={self.key} (row {self.row_number})"
