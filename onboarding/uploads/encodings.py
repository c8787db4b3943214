"""In which encodings the letters of an upload's file may be right."""

from imports.formats import encoding
from imports.formats.readings import Reading
from imports.models import FileSample, Upload


def readings_of(upload: Upload) -> list[Reading]:
    """The encodings that the upload's file may be in; none if that is not the question."""
    is_asked = upload.failure_code == "BAD_ENCODING" and upload.can_be_retried
    is_assumed = upload.has_ended and not upload.failure_code and upload.vendor_id is not None
    sample = FileSample.objects.filter(upload=upload).first()
    if sample is None or not (is_asked or is_assumed):
        return []
    return [Reading.from_json(reading) for reading in sample.content.get("readings", [])]


def letters_to_check(upload: Upload) -> list[str]:
    """Of a file whose encoding was assumed, the cells with most letters that depend on it."""
    if upload.failure_code or (upload.layout or {}).get("encoding") != encoding.WESTERN:
        return []
    return next((reading.cells for reading in readings_of(upload)), [])
