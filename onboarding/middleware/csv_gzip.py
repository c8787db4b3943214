"""CSV files are sent compressed to programs that take them so, which all browsers do.

The rows to fix of a large file, or the history of 40,000 uploads, have more than the 10 MB that API
Gateway passes on. Exports of products do not pass the portal (imports/exports/). Pages are not
compressed: anyone who can write into one could guess its secrets from its length.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CsvGzipMiddleware(GZipMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/csv"):
            return response
        return super().process_response(request, response)
