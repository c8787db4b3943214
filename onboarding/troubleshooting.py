"""What vendors ask when something goes wrong, and what helps. Their numbers and codes are filled in
by `answers.py`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """One question: `answer` in sentences, what to do as `steps`, and `codes` it is about.

    Answer and steps are templates of `str.format` over what `answers.numbers` gives.
    """

    key: str
    question: str
    answer: str
    steps: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


TROUBLES = (
    Trouble(
        "not-there",
        "My file does not appear",
        "A file sent with the form is in the list of uploads at once; one dropped into S3 within "
        "seconds, and after {sweep_minutes} minutes at the latest.",
        (
            "Choose “Show all” above the list of uploads: a filter may hide it.",
            (
                "Look at the key you dropped the file under. It must begin with uploads/, then "
                "your vendor id exactly as we wrote it, then a slash: uploads/VEND001/products.csv."
            ),
            "Check that the copy into S3 has ended. Half a file is no object yet.",
            "Log in as somebody of the vendor that the file belongs to: others do not see it.",
        ),
        ("UNKNOWN_VENDOR", "INACTIVE_VENDOR", "NEVER_ARRIVED"),
    ),
    Trouble(
        "slow",
        "It has been processing for long",
        "A file of 1,000 rows takes seconds. The page of the upload says what it waits for. You "
        "may close it: the import goes on, and an e-mail tells you the end.",
        (
            (
                "“Waiting for a free worker”: when nobody has sent a file for a while, a machine "
                "is started first. That takes a minute or two, once."
            ),
            (
                "“Something on our side did not answer”: nothing is lost, and you need to do "
                "nothing. We try up to {max_attempts} times, with growing pauses."
            ),
            (
                "“Waiting for the file to arrive”: your browser is still sending, or was closed "
                "too early. After {never_arrived} minutes the upload ends, and you send the file "
                "again."
            ),
            "Sent the wrong file? “Cancel the upload” on its page. Rows that are in stay in.",
        ),
        ("INTERNAL",),
    ),
    Trouble(
        "not-csv",
        "It says “not a CSV file”, but it is one",
        "Most often it is an Excel file (.xlsx) whose name was changed to .csv. The name does not "
        "make the format; saving does.",
        (
            "Excel: File, Save As, and as the type “CSV UTF-8 (Comma delimited)”.",
            "Google Sheets: File, Download, Comma-separated values.",
            "LibreOffice: File, Save As, Text CSV, character set “Unicode (UTF-8)”.",
            "Numbers: File, Export To, CSV, text encoding “Unicode (UTF-8)”.",
            "A spreadsheet with several sheets saves the one that is open, and only that.",
        ),
        ("NOT_CSV", "EMPTY_FILE", "NO_ROWS"),
    ),
    Trouble(
        "zeros",
        "Excel dropped my leading zeros",
        "We take each cell as it stands in the file. Excel changes some before it saves: 00123 "
        "becomes 123, a long number 4.00638E+12, and 1-2 a date. Two ids that differed may then "
        "be the same.",
        (
            (
                "Do not open the CSV with a double click. In an empty workbook choose Data, From "
                "Text/CSV, and give the columns of ids the type Text."
            ),
            "When you type: format the column as Text first, then type.",
            "Look at the saved file in a text editor, not in Excel: that is what we receive.",
            (
                "Cells that went in changed? Send the rows again with “Update”; an id that was "
                "changed itself is a new one to us."
            ),
        ),
        ("DUPLICATE_VENDOR_PRODUCT_ID", "SKU_MISMATCH"),
    ),
    Trouble(
        "accents",
        "The accents are broken",
        "“CafÃ©” instead of “Café” comes from text that was saved in one encoding and opened in "
        "another, before it reached us or when you opened it. We read UTF-8, UTF-16 and "
        "Windows-1252, and turn down a file that mixes them.",
        (
            "Save the file as “CSV UTF-8” and look at it in a text editor.",
            (
                "Broken there as well? Mend the cells in the program they come from; saving once "
                "more does not bring the letters back."
            ),
            "Products that went in broken are mended with the mode “Update”.",
        ),
        ("BAD_ENCODING",),
    ),
    Trouble(
        "columns",
        "It misses a column that is there",
        "Names are compared without case, spaces, underscores and asterisks, so “Vendor Product "
        "ID*” is vendor_product_id. Another word is another column, and one that we do not know is "
        "left out; the page of the upload names it.",
        (
            "Start from the template and paste your rows below its header.",
            "The header must be the first row. Titles or notes above it are taken for the header.",
        ),
        ("MISSING_COLUMNS", "DUPLICATE_COLUMNS"),
    ),
    Trouble(
        "rows-merged",
        "It complains about a quotation mark or the number of cells",
        "A comma inside a cell, a quotation mark for inches, or a line break: in a file that was "
        "written by hand or by a small program these move the cells that follow.",
        (
            "Go to the row that is named. We count as your spreadsheet does: the header is row 1.",
            "Let the spreadsheet program write the file: it sets the quotation marks itself.",
        ),
        ("MALFORMED_CSV", "COLUMN_COUNT"),
    ),
    Trouble(
        "numbers",
        "My prices or stock numbers are turned down",
        "A price is digits with a point: 1800.00. We never guess what 1,800 or 18,00 was meant "
        "to be, because a wrong guess sells at a wrong price.",
        (
            "Take out thousands separators, currency signs and blanks within the number.",
            (
                "A spreadsheet in another language may save a comma: format the column as a number "
                "with a point, or as Text."
            ),
        ),
        ("INVALID_PRICE", "INVALID_STOCK"),
    ),
    Trouble(
        "too-large",
        "The file is too large",
        "A file of products may have {max_bytes} and {max_rows} rows. You can send several, one "
        "after another or at the same time.",
        codes=("FILE_TOO_LARGE", "TOO_MANY_ROWS"),
    ),
    Trouble(
        "category",
        "My category is not approved",
        "The help page lists the approved categories; upper and lower case make no difference. A "
        "near miss is answered with “Did you mean …?”.",
        (
            "Something is missing in the list? Ask us to add it.",
            (
                "Then choose “Run it again” on the page of the upload: no need to send the file "
                "twice, as long as we keep it, which is {source_kept} hours."
            ),
        ),
        ("INVALID_CATEGORY",),
    ),
    Trouble(
        "duplicate",
        "It says “duplicate”, and I have sent it once",
        "“Add new” brings in products that are not there yet. When a file is sent a second time, "
        "the rows that went in the first time are reported as duplicates.",
        (
            "To change products that are there: send the file with “Update and add new ones”.",
            (
                "A SKU can be used once on the whole platform. If another product has it, choose "
                "another; whose it is we do not tell."
            ),
        ),
        ("DUPLICATE_SKU",),
    ),
    Trouble(
        "correct",
        "How do I correct rows and send them again?",
        "The rows that are right are in already. Only the rejected ones need another round.",
        (
            (
                "Open the upload and download the correctable file: the rejected rows in your own "
                "columns, with what is wrong at the end of each."
            ),
            "Change the cells, and save as CSV UTF-8. The column “Errors” may stay; it is ignored.",
            "Send that file as a new upload, in the same mode.",
            "Not sure? “Check only” gives the same report and imports nothing.",
        ),
    ),
    Trouble(
        "no-email",
        "I got no e-mail",
        "It goes to the person who sent the file. For a file dropped into S3 it goes to your "
        "company’s contact address.",
        (
            (
                "Open the upload. Below “E-mail” it says to which address, when, and whether the "
                "mail service took it. Everything the e-mail says is on that page."
            ),
            "Look into the folder for spam, and let our sender pass.",
            "The address is wrong? Ask us to change it; the next e-mail goes there.",
        ),
    ),
    Trouble(
        "link-expired",
        "The link in the e-mail has expired",
        "It is good for {link_days} days. The report is not gone: log in, open the upload, and "
        "download it there, until we delete it {history_days} days after its end.",
    ),
    Trouble(
        "login",
        "I cannot log in",
        "After {login_failures} wrong passwords we take a break of {login_minutes} minutes, for "
        "your name and the place you log in from. A login lasts {session_hours} hours.",
        (
            "Choose “Forgot the password?” below the login. A new password ends the break at once.",
            "No e-mail comes? Then the account has another address: ask us.",
        ),
    ),
)
