"""Every reason to refuse a whole file. Codes are an interface: other people's tools read them."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imports.rules.wording import Words, filled_in


@dataclass(frozen=True)
class Refusal:
    """One reason: `message` is a template for `str.format`, `remedy` says what to do next."""

    code: str
    title: Words
    message: Words
    remedy: Words

    def filled_in(self, **detail: object) -> str:
        return filled_in(self.message, **detail)


class Refused(Exception):
    """A file is rejected as a whole: the vendor's mistake, an answer and not an alarm.

    `detail` has the values for the refusal's message, with `row` where a row of the spreadsheet is
    to blame.
    """

    def __init__(self, code: str, **detail: object) -> None:
        self.refusal = REFUSALS[code]
        self.code = code
        self.detail = detail
        self.message = self.refusal.filled_in(**detail)
        super().__init__(f"{code}: {self.message}")


ALL = (
    Refusal(
        "EMPTY_FILE",
        _("The file is empty"),
        _("The file is empty: it has no header and no rows."),
        _("Check that you chose the right file. If so, export it again from your spreadsheet."),
    ),
    Refusal(
        "NO_ROWS",
        _("The file has no rows"),
        _("The file has no rows, or only a header."),
        _("Add at least one row; in a CSV file, below the header."),
    ),
    Refusal(
        "MISSING_COLUMNS",
        _("Required columns are missing"),
        _("The header is missing {columns}."),
        _(
            "Choose what your columns hold on the page of the upload. Or add the missing columns; "
            "the template has all of them. Upper and lower case, spaces and punctuation make no "
            "difference."
        ),
    ),
    Refusal(
        "NOTHING_TO_UPDATE",
        _("The file changes nothing"),
        _("The file has the column {identity} and no other column that we know{unknown}."),
        _(
            "Name the columns to be changed as the template does, without units or currencies. "
            "Upper and lower case, spaces and punctuation make no difference."
        ),
    ),
    Refusal(
        "DUPLICATE_COLUMNS",
        _("A column appears more than once"),
        _("The header has {columns} more than once, so it is not clear which one to import."),
        _("Remove or rename the columns that should not be imported."),
    ),
    Refusal(
        "INVALID_HEADER",
        _("The header cannot be used"),
        _("{problem}."),
        _(
            "Delete the rows above the column names, and give every column in the header a short "
            "name of its own."
        ),
    ),
    Refusal(
        "FILE_TOO_LARGE",
        _("The file is too large"),
        _("The file must be {limit} or smaller (yours is {size})."),
        _("Split the file into several smaller ones, each with the header row."),
    ),
    Refusal(
        "TOO_MANY_ROWS",
        _("The file has too many rows"),
        _("The file must have {limit:,} rows or fewer."),
        _("Split the file into several smaller ones, each with the header row."),
    ),
    Refusal(
        "NOT_CSV",
        _("The file is neither a CSV file nor an Excel workbook"),
        _("The file is not a CSV file or an Excel workbook: it looks like {looks_like}."),
        _(
            'If it is a spreadsheet, open it and save it as "Excel Workbook (.xlsx)" or as "CSV '
            'UTF-8 (comma delimited)". Renaming a file does not convert it.'
        ),
    ),
    Refusal(
        "BROKEN_XLSX",
        _("The workbook cannot be read"),
        _("The workbook cannot be read: {problem}."),
        _(
            'Open it in your spreadsheet program and save it again as "Excel Workbook (.xlsx)", '
            'without macros, or as "CSV UTF-8 (comma delimited)".'
        ),
    ),
    Refusal(
        "XLSX_TOO_LARGE",
        _("The workbook is too large"),
        _("The workbook is too large: {problem}."),
        _(
            "Copy the rows into a new workbook, without pictures and other sheets, or save the "
            'sheet as "CSV UTF-8 (comma delimited)".'
        ),
    ),
    Refusal(
        "XLSX_PASSWORD",
        _("The workbook is protected with a password"),
        _("The workbook is protected with a password, so we cannot read it."),
        _(
            "In Excel, choose File, Info, Protect Workbook, Encrypt with Password, and delete the "
            'password. Then save it as "Excel Workbook (.xlsx)".'
        ),
    ),
    Refusal(
        "XLSX_NO_SHEET",
        _("The workbook has no visible sheet"),
        _("The workbook has no visible sheet of rows and columns."),
        _("Unhide the sheet with your rows in your spreadsheet program, and save the file."),
    ),
    Refusal(
        "BAD_ENCODING",
        _("The character encoding is not clear"),
        _("The letters in row {row} cannot be read with certainty: {problem}."),
        _(
            "If the page of the upload shows your words in several ways, choose the right one "
            'there. Or save the file again as "CSV UTF-8" in the program that created it. In '
            'Excel, choose File, Save As, and the file type "CSV UTF-8 (Comma delimited)".'
        ),
    ),
    Refusal(
        "MALFORMED_CSV",
        _("A row cannot be read"),
        _("Row {row} cannot be read: {problem}."),
        _(
            'Look for a single " in that row. A value in quotation marks must start and end with '
            'one, and a quotation mark inside it is written twice: "27"" monitor".'
        ),
    ),
    Refusal(
        "ROWS_TO_FIX",
        _("These are rows to fix, not the whole catalog"),
        _(
            "The file has the rows to fix of an earlier upload. Mode Replace needs the whole "
            "catalog in one file, because it deactivates every other product."
        ),
        _("Upload this file with Update."),
    ),
    Refusal(
        "NOT_RELEASED",
        _("The upload was not released"),
        _("The upload was held and not released {what}"),
        _(
            "Nothing was imported. Look at the reasons for which the upload was held, correct the "
            "file if necessary, and upload it again."
        ),
    ),
    Refusal(
        "NOT_JSON",
        _("The file is not a JSON file"),
        _("The file is not a JSON file: it looks like {looks_like}."),
        _(
            "Send an array of objects in square brackets, or one object per line. Renaming a file "
            "does not convert it."
        ),
    ),
    Refusal(
        "MALFORMED_JSON",
        _("An item cannot be read"),
        _("Item {row} cannot be read: {problem}."),
        _(
            "Fix that item, counted from 1, or the program that writes the file: every item must "
            "be an object of single values, and each key may occur only once. Nothing was imported."
        ),
    ),
    Refusal(
        "UNKNOWN_VENDOR",
        _("The vendor is unknown"),
        _("There is no vendor with the ID '{vendor}'."),
        _("Check the folder that the file was sent to: its name must be your vendor ID."),
    ),
    Refusal(
        "INACTIVE_VENDOR",
        _("The vendor's account is not active"),
        _("The account of vendor {vendor} is not active, so its files are not imported."),
        _("Ask us to activate the account, then retry this upload."),
    ),
    Refusal(
        "NEVER_ARRIVED",
        _("The file never arrived"),
        _("The file did not arrive within {time}."),
        _("Upload the file again."),
    ),
    Refusal(
        "FILE_DELETED",
        _("The file was deleted"),
        _("The file was deleted before we could read it."),
        _("Upload the file again, and keep it where you sent it until the import has ended."),
    ),
    Refusal(
        "INTERNAL",
        _("Something went wrong on our side"),
        _(
            "Something went wrong on our side and the import was stopped. Rows imported before "
            "that stay imported."
        ),
        _(
            "You don't need to do anything: our staff have been notified. They can retry the "
            "upload, and so can you."
        ),
    ),
)
OF_VENDORS = {"UNKNOWN_VENDOR", "INACTIVE_VENDOR", "NOT_RELEASED"}
OF_FORMATS = {
    *("MISSING_COLUMNS", "NOTHING_TO_UPDATE", "DUPLICATE_COLUMNS", "INVALID_HEADER"),
    *("BROKEN_XLSX", "XLSX_TOO_LARGE", "XLSX_PASSWORD", "XLSX_NO_SHEET"),
    *("NOT_CSV", "BAD_ENCODING", "MALFORMED_CSV", "NOT_JSON", "MALFORMED_JSON"),
}
# The others are about the file alone: another run of it ends in the same way.
MAY_PASS_LATER = {
    *("MISSING_COLUMNS", "NOTHING_TO_UPDATE", "DUPLICATE_COLUMNS", "BAD_ENCODING"),
    *("UNKNOWN_VENDOR", "INACTIVE_VENDOR", "NOT_RELEASED"),
    *("NEVER_ARRIVED", "FILE_DELETED", "INTERNAL"),
}
REFUSALS = {refusal.code: refusal for refusal in ALL}
