"""How much one file of cases may hold. Each limit is checked before what it limits is kept in memory."""

MIB = 1024 * 1024

MAX_FILE_BYTES = 32 * MIB
MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_CELL_CHARS = 32_000
MAX_ROW_ERRORS_LISTED = 100

# A workbook is a zip. 20,000 rows of mail text unpack to some 15 MiB; text repeats, but not 200 times over.
MAX_ZIP_ENTRIES = 500
MAX_UNPACKED_BYTES = 128 * MIB
MAX_SHARED_STRINGS_BYTES = 48 * MIB
MAX_ZIP_RATIO = 200
ZIP_RATIO_FROM_BYTES = MIB

PREVIEW_ROWS = 5
COLUMN_SCAN_ROWS = 1_000
