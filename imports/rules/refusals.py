"""Every reason to refuse a whole file. Codes are an interface: other people's tools read them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """One reason: `message` is a template for `str.format`, `remedy` says what to do next."""

    code: str
    title: str
    message: str
    remedy: str


class Refused(Exception):
    """A file is turned down whole: the vendor's mistake, an answer and not an alarm."""

    def __init__(self, code: str, **detail: object) -> None:
        self.refusal = REFUSALS[code]
        self.code = code
        self.message = self.refusal.message.format(**detail)
        super().__init__(f"{code}: {self.message}")


ALL = (
    Refusal(
        "EMPTY_FILE",
        "The file is empty",
        "The file is empty: it has no header and no rows.",
        "Check that you chose the right file, then export it again from your spreadsheet.",
    ),
    Refusal(
        "NO_ROWS",
        "The file has no rows",
        "The file has no rows, or only a header.",
        "Add at least one row; in a CSV file, below the header.",
    ),
    Refusal(
        "MISSING_COLUMNS",
        "A required column is missing",
        "The header lacks {columns}.",
        "Add the missing columns to the header; the template has all of them. Upper and lower "
        "case, spaces, underscores and asterisks make no difference.",
    ),
    Refusal(
        "DUPLICATE_COLUMNS",
        "A column appears twice",
        "The header names {columns} more than once, so it is not clear which one counts.",
        "Remove or rename the columns that you do not mean.",
    ),
    Refusal(
        "INVALID_HEADER",
        "A column has no usable name",
        "Column {position} {problem}.",
        "Give every column of the header a short name of its own.",
    ),
    Refusal(
        "FILE_TOO_LARGE",
        "The file is too large",
        "The file is {size} large; at most {limit} can be imported at once.",
        "Split the file into several smaller ones, each with the header row.",
    ),
    Refusal(
        "TOO_MANY_ROWS",
        "The file has too many rows",
        "The file has more than {limit} rows.",
        "Split the file into several smaller ones, each with the header row.",
    ),
    Refusal(
        "NOT_CSV",
        "The file is not a CSV file",
        "The file is not a CSV file: it looks like {looks_like}.",
        'Open it in your spreadsheet program and save it as "CSV UTF-8 (comma delimited)". '
        "Renaming a file does not convert it.",
    ),
    Refusal(
        "BAD_ENCODING",
        "The file mixes character encodings",
        "The text in row {row} cannot be read: the file mixes character encodings or is damaged.",
        'Save the file again as "CSV UTF-8" from the program that made it.',
    ),
    Refusal(
        "MALFORMED_CSV",
        "A quotation mark is out of place",
        "Row {row} cannot be read: {problem}.",
        'Look for a single " in that row. A cell in quotation marks must start and end with one, '
        'and a quotation mark inside it is written twice: "27"" monitor".',
    ),
    Refusal(
        "NOT_JSON",
        "The file is not a JSON file",
        "The file is not a JSON file: it looks like {looks_like}.",
        "Send an array of objects in square brackets, or one object to a line. Renaming a file "
        "does not convert it.",
    ),
    Refusal(
        "MALFORMED_JSON",
        "The JSON is not in order",
        "Item {row} cannot be read: {problem}.",
        "Mend that item, counted from 1, or the program that writes the file: every item is an "
        "object of single values whose keys occur once. Nothing of the file is in.",
    ),
    Refusal(
        "UNKNOWN_VENDOR",
        "The vendor is not known",
        "No vendor has the id '{vendor}'.",
        "Check the folder you dropped the file into: it must be your vendor id.",
    ),
    Refusal(
        "INACTIVE_VENDOR",
        "The vendor's account is not active",
        "The account of vendor {vendor} is not active, so its files are not imported.",
        "Ask us to activate the account, then retry this upload.",
    ),
    Refusal(
        "NEVER_ARRIVED",
        "The file never arrived",
        "The file did not arrive in our storage within {minutes} minutes.",
        "Upload the file again.",
    ),
    Refusal(
        "INTERNAL",
        "Something went wrong on our side",
        "Something went wrong on our side and the import was stopped. Rows imported before that "
        "are in; nothing is half done.",
        "You need to do nothing: our staff have been told. They can retry the upload, and so can "
        "you.",
    ),
)
OF_VENDORS = {"UNKNOWN_VENDOR", "INACTIVE_VENDOR"}
OF_FORMATS = {
    *("MISSING_COLUMNS", "DUPLICATE_COLUMNS", "INVALID_HEADER"),
    *("NOT_CSV", "BAD_ENCODING", "MALFORMED_CSV", "NOT_JSON", "MALFORMED_JSON"),
}
REFUSALS = {refusal.code: refusal for refusal in ALL}
