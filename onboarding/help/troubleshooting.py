"""What vendors ask when something goes wrong, and what helps."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from imports.dataset import Dataset
from imports.datasets import all_datasets
from imports.models.invitation import VALID_FOR
from imports.rules.quantities import days, hours, minutes, rows
from imports.rules.wording import in_megabytes

Text = str | Promise


@dataclass(frozen=True)
class Question:
    """A question with its answer, the steps that help, and the error codes it is about.

    As declared, answer and steps are templates of `str.format` over the numbers of the deployment;
    `questions` fills them in.
    """

    key: str
    title: Text
    answer: Text
    steps: tuple[Text, ...] = ()
    codes: tuple[str, ...] = ()

    def filled(self, numbers: dict[str, str]) -> "Question":
        return replace(
            self,
            answer=str(self.answer).format(**numbers),
            steps=tuple(str(step).format(**numbers) for step in self.steps),
        )


def questions(dataset: Dataset) -> list[Question]:
    """All questions, answered for people who send files of this data set."""
    numbers = numbers_for(dataset)
    return [question.filled(numbers) for question in QUESTIONS]


def vendors_dataset() -> Dataset:
    """The data set that the questions are about."""
    return next(dataset for dataset in all_datasets().values() if dataset.by_vendor)


def numbers_for(dataset: Dataset) -> dict[str, str]:
    """What the answers fill in, with units, as this deployment is set."""
    return {
        # The event may take as long before the sweep looks, and the sweep comes at its next turn.
        "sweep": minutes(settings.EVENT_GRACE_SECONDS + settings.MISSING_EVENTS_EVERY_SECONDS),
        "max_attempts": f"{settings.MAX_ATTEMPTS:,}",
        "never_arrived": minutes(settings.NEVER_ARRIVED_MINUTES * 60),
        "max_bytes": in_megabytes(dataset.byte_limit),
        "max_rows": rows(dataset.row_limit),
        "source_kept": hours(settings.SOURCE_KEPT_HOURS),
        "link_life": days(settings.REPORT_LINK_DAYS),
        "review_days": days(settings.REVIEW_DAYS),
        "history_kept": days(settings.AUDIT_KEPT_DAYS),
        "login_failures": f"{settings.AXES_FAILURE_LIMIT:,}",
        "login_pause": minutes(settings.AXES_COOLOFF_TIME.total_seconds()),
        "invitation_life": days(VALID_FOR.days),
        "session_life": hours(settings.SESSION_COOKIE_AGE // 3600),
    }


QUESTIONS = (
    Question(
        "not-there",
        _("I can’t see my upload"),
        _(
            "A file sent with the form is in the list of uploads immediately. A file sent by file "
            "transfer appears within seconds, {sweep} at most."
        ),
        (
            _("Choose “Clear filters” above the list of uploads: a filter may hide it."),
            _(
                "Check the folder you sent the file to. It must be “uploads”, then your vendor ID "
                "exactly as we gave it to you: uploads/VEND001/products.csv."
            ),
            _("Check that the transfer has finished. The file appears only then."),
            _("Log in with an account of the vendor that the file belongs to."),
        ),
        ("UNKNOWN_VENDOR", "INACTIVE_VENDOR", "NEVER_ARRIVED", "FILE_DELETED"),
    ),
    Question(
        "slow",
        _("My upload takes a long time"),
        _(
            "A file of 1,000 rows takes seconds. The upload’s page shows what it is waiting for. "
            "You can close the page: the import continues, and we email you as you’ve chosen."
        ),
        (
            _(
                "“Waiting in the queue”: after a quiet period we start a server first, which can "
                "take a minute or two."
            ),
            _(
                "“We hit a temporary problem”: nothing is lost. We retry up to {max_attempts} "
                "times, with longer pauses each time. No action needed."
            ),
            _(
                "“Waiting for the file to arrive”: your browser is still sending it, or was "
                "closed too early. After {never_arrived} the upload ends; then send the file again."
            ),
            _(
                "Sent the wrong file? Choose “Cancel upload” on its page. Rows that were already "
                "imported stay."
            ),
        ),
        ("INTERNAL",),
    ),
    Question(
        "not-csv",
        _("It says my file isn’t a CSV file or an Excel workbook, but it is"),
        _(
            "Usually it’s a spreadsheet of another kind, such as .xls, .xlsb, .ods or .numbers, "
            "whatever the end of its name says. Renaming a file doesn’t change its format."
        ),
        (
            _("Excel: File > Save As, type “Excel Workbook (.xlsx)”. Macros can’t be in it."),
            _("Google Sheets: File > Download > Microsoft Excel or Comma-separated values."),
            _("LibreOffice: File > Save As, type “Excel 2007–365 (.xlsx)” or Text CSV."),
            _("Numbers: File > Export To > Excel or CSV."),
            _(
                "If a workbook has several sheets, we read the visible one whose column names we "
                "know; the upload’s page says which."
            ),
        ),
        (
            *("NOT_CSV", "EMPTY_FILE", "NO_ROWS"),
            *("BROKEN_XLSX", "XLSX_TOO_LARGE", "XLSX_PASSWORD", "XLSX_NO_SHEET"),
        ),
    ),
    Question(
        "zeros",
        _("Excel removed my leading zeros"),
        _(
            "We read each cell exactly as it is in the file, but Excel changes some cells before "
            "it saves them: 00123 becomes 123, a long number becomes 4.00638E+12, and 1-2 becomes "
            "a date. Two different IDs can end up the same. We reject IDs that Excel has certainly "
            "changed, and warn you of those that it may have changed."
        ),
        (
            _(
                "Don’t open the CSV file with a double click. In an empty workbook choose Data > "
                "From Text/CSV and set the ID columns to the type Text."
            ),
            _("When you type IDs, format the column as Text first."),
            _(
                "In a workbook (.xlsx) we reject a cell that shows something else than it holds, "
                "such as a percentage, an error or a date."
            ),
            _("Check the saved file in a text editor, not in Excel: that is what we receive."),
            _(
                "If changed cells were imported, send the rows again with “Update”. A row whose "
                "ID itself was changed counts as a new product."
            ),
        ),
        (
            *("DUPLICATE_VENDOR_PRODUCT_ID", "SKU_MISMATCH", "INVALID_GTIN"),
            *("EXCEL_NUMBER", "EXCEL_DATE", "EXCEL_PERCENT", "EXCEL_ERROR", "EXCEL_FORMULA"),
        ),
    ),
    Question(
        "accents",
        _("Accented characters look wrong"),
        _(
            "“CafÃ©” instead of “Café” means that text was saved in one encoding and opened in "
            "another, either before it reached us or when you opened it. We read UTF-8 and "
            "UTF-16, and Windows-1252 if the letters of the file leave no doubt. If a file could "
            "be in several encodings, its upload’s page shows your words in each, and you choose. "
            "We reject a file that mixes encodings. The upload’s page names the encoding we used."
        ),
        (
            _("Save the file as “CSV UTF-8” and check it in a text editor."),
            _(
                "If it looks wrong there too, fix the cells in the program they come from. Saving "
                "the file again doesn’t restore the letters."
            ),
            _("To fix products that were already imported, send them again with “Update”."),
        ),
        ("BAD_ENCODING",),
    ),
    Question(
        "columns",
        _("It says a column is missing, but it’s there"),
        _(
            "We know the column names of our template, those of many shop programs, and common "
            "ones in several languages; case, spaces and punctuation don’t matter. If we don’t "
            "know the name of a column that we need, choose “Choose columns” on the upload’s "
            "page and say which one it is. Your next file with these columns is read the same way."
        ),
        (
            _("Columns that we don’t know are not imported; the upload’s page lists them."),
            _("Titles and notes above the column names are left out."),
            _("Where you upload a file, there is a link to what we remember of your columns."),
        ),
        (
            *("MISSING_COLUMNS", "NOTHING_TO_UPDATE", "DUPLICATE_COLUMNS", "INVALID_HEADER"),
            "EXAMPLE_ROW",
        ),
    ),
    Question(
        "rows-merged",
        _("I get an error about a quotation mark or the number of values"),
        _(
            "A comma inside a cell, a quotation mark for inches, or a line break can move the "
            "cells that follow, most often in files written by hand or by a small program."
        ),
        (
            _("Go to the row we name. We count like your spreadsheet: the header is row 1."),
            _("Save the file from a spreadsheet program: it adds quotation marks correctly."),
        ),
        ("MALFORMED_CSV", "COLUMN_COUNT"),
    ),
    Question(
        "variants",
        _("My file has variants, or several pictures of a product"),
        _(
            "Each row is one product, with its own ID, SKU, name, category, price and stock. So a "
            "size or a color that has all of these is imported as a product of its own. A row that "
            "lacks one of them is rejected with its reason, and never added to another row: for "
            "example, the further variants of a product in an export of Shopify, which have no "
            "title, rows that only hold another picture, and a parent without a price."
        ),
        (
            _("Give each variant a name of its own, such as “T-shirt, red, M”."),
            _(
                "Rows that are no products can stay in the file. Their errors mean only that "
                "nothing was imported from them."
            ),
            _(
                "Of a product’s pictures we take one, as an address that begins with http:// or "
                "https://. We don’t take picture files or their names."
            ),
        ),
    ),
    Question(
        "numbers",
        _("My prices or stock quantities are rejected"),
        _(
            "We read numbers the way your file writes them, as far as its cells show it: one "
            "1.234,50 says that commas stand before decimals. We never guess what 1,800 means in "
            "a file without such a cell, because a wrong guess would sell at a wrong price."
        ),
        (
            _("Write all numbers of a file in the same way, and one currency in a column."),
            _("If in doubt, write digits with a decimal point: 1800.00."),
            _(
                "A cell with words, such as “on request”, is not a price. Enter a number, or leave "
                "the row out."
            ),
        ),
        ("INVALID_PRICE", "INVALID_STOCK"),
    ),
    Question(
        "too-large",
        _("My file is too large"),
        _(
            "A file can have up to {max_bytes} and {max_rows}. You can send several files, one "
            "after another or at the same time."
        ),
        codes=("FILE_TOO_LARGE", "TOO_MANY_ROWS"),
    ),
    Question(
        "category",
        _("My category isn’t approved"),
        _(
            "The help page lists the approved categories. Case doesn’t matter. If we’re sure which "
            "one you mean, we suggest it: “Did you mean …?”"
        ),
        (
            _("Is a category missing from the list? Ask us to add it."),
            _(
                "Then choose “Retry” on the upload’s page. You don’t need to send the file again "
                "while we keep it, for {source_kept}."
            ),
        ),
        ("INVALID_CATEGORY",),
    ),
    Question(
        "duplicate",
        _("It says “duplicate”, but I sent the product only once"),
        _(
            "“Add new products” imports products that you don’t have yet. If you send a file a "
            "second time, the rows imported the first time are reported as duplicates."
        ),
        (
            _("To change products you already have, send the file with “Update”."),
            _(
                "A SKU can be used only once on the whole marketplace. If another product has it, "
                "choose a different one. We can’t tell you whose product that is."
            ),
        ),
        ("DUPLICATE_SKU",),
    ),
    Question(
        "correct",
        _("How do I fix rejected rows?"),
        _("The other rows are already imported. Only the rejected rows need another upload."),
        (
            _(
                "Open the upload and choose “Download rows to fix”. The file has the rejected rows "
                "in your own columns, with the errors at the end of each row."
            ),
            _(
                "Fix the cells and save the file as it was, as Excel Workbook or CSV UTF-8. You "
                "can leave the “Errors” column in; we ignore it."
            ),
            _(
                "Send that file as a new upload, with the same choice as before; after “Replace”, "
                "with “Update”, because these rows are not your whole catalog."
            ),
            _("Not sure? “Check only” shows you every error and imports nothing."),
        ),
    ),
    Question(
        "one-product",
        _("I want to change one product, or stop selling some"),
        _(
            "You don’t need a file for that. A file that you sent before doesn’t change what you "
            "save there."
        ),
        (
            _("Open the product in the list of products and choose “Edit product”."),
            _(
                "To stop selling products, select them in the list and choose “Deactivate”, or "
                "filter the list and choose “Deactivate all”. They stay in your catalog, and files "
                "still update them, until you choose “Reactivate”."
            ),
        ),
    ),
    Question(
        "undo",
        _("I uploaded the wrong file"),
        _(
            "You can undo an upload for 30 days. What another file or a person has changed since "
            "stays as it is, and we list it."
        ),
        (
            _("Open the upload and choose “Undo upload”."),
            _(
                "Products that it added are removed, products that it changed get back their "
                "earlier values, and those that it deactivated are active again."
            ),
            _("The page of the undo says what became of them. You can undo that, too."),
        ),
    ),
    Question(
        "held",
        _("My file is held"),
        _(
            "Something about it looks like a mistake, such as prices a hundred times higher, or "
            "our staff look at your files first. Nothing was imported yet. The page of the upload "
            "says why, what would change, and who can release it."
        ),
        (
            _("Compare the examples on the page with your own list."),
            _(
                "If they are right, type the number of products that change and choose “Release "
                "and import”. If not, cancel the upload and send a corrected file."
            ),
            _(
                "If our staff must release it, you don’t need to do anything. They write the "
                "reason if they reject it."
            ),
            _("What is not released within {review_days} ends, and nothing is imported."),
        ),
        ("NOT_RELEASED", "REJECTED"),
    ),
    Question(
        "whole-catalog",
        _("My file can’t replace the catalog"),
        _(
            "“Replace” deactivates every product that is not in the file. So that an incomplete "
            "file doesn’t empty your catalog, we hold it before we import anything."
        ),
        (
            _("Does the file have all your products? If not, export the whole catalog again."),
            _("To change only the products in the file, upload it with “Update”."),
            _(
                "To stop selling many products, select them in the list of products and choose "
                "“Deactivate”."
            ),
        ),
        ("ROWS_TO_FIX",),
    ),
    Question(
        "no-email",
        _("I didn’t get an email"),
        _(
            "We email the person who sent the file, as they have chosen, and your company’s extra "
            "recipients. For a file sent by file transfer, we email your company’s contact address."
        ),
        (
            _(
                "Open “Your account”. “Emails about uploads” says whether you get all of them, "
                "only those about problems, one a day, or none."
            ),
            _(
                "Open the upload. “Email” shows the address, the time, and whether it was "
                "delivered to the mail service. The page has everything the email says."
            ),
            _("Check your spam folder, and allow our sender address."),
            _("Is the address wrong? Ask us to change it for the next email."),
        ),
    ),
    Question(
        "link-expired",
        _("The link in the email has expired"),
        _(
            "It is valid for {link_life}. You can still get the report: log in, open the upload "
            "and download it from its page. We delete uploads {history_kept} after they end."
        ),
    ),
    Question(
        "login",
        _("I can’t log in"),
        _(
            "After {login_failures} wrong passwords you need to wait {login_pause} before you try "
            "again. After {session_life} you are logged out automatically."
        ),
        (
            _(
                "Choose “Forgot your password?” on the login page. With a new password you can "
                "log in immediately."
            ),
            _("No email? Your account may have a different address: ask us."),
            _(
                "If you’re asked for a code and don’t have your phone, enter one of your recovery "
                "codes, or use a passkey. Without those, ask us to reset two-step login."
            ),
            _(
                "If the codes of your app are rejected, set the phone’s clock to automatic. Each "
                "code works once."
            ),
        ),
    ),
    Question(
        "invitation",
        _("An invitation doesn’t arrive or doesn’t work"),
        _(
            "Its link works once, for {invitation_life}, and until a newer one is sent to the same "
            "address or an owner revokes it."
        ),
        (
            _("Look in the spam folder, and use the newest email."),
            _(
                "Ask an owner of your company to look at “Team”. It says whether the email was "
                "delivered, and has “Send again”."
            ),
            _("Do you have an account with another address? Log in, then open the link."),
        ),
    ),
    Question(
        "several-vendors",
        _("A page belongs to another vendor, or a form was not sent"),
        _(
            "If you work for several vendors, you see one at a time. A form works for the vendor "
            "that you opened it for."
        ),
        (_("Choose the vendor at the top of the page, then open the page or form again."),),
    ),
)
