"""Each file that a client may send: taken whole, or refused with a sentence and a way out."""

import io
import json
import zipfile

import pytest
import xlsxwriter

from demos.importing import limits
from demos.importing.cases import CaseDraft, content_sha256, draft_cases, slice_tags
from demos.importing.mapping import Mapping, check_mapping, guess_mapping
from demos.importing.reading import open_table
from portal.errors import Invalid

BOTH = Mapping(input="question", expected="answer")


def drafts(content: bytes, mapping: Mapping = BOTH) -> list[CaseDraft]:
    return draft_cases(open_table(io.BytesIO(content)), mapping)


def refusal(content: bytes, mapping: Mapping = BOTH) -> Invalid:
    with pytest.raises(Invalid) as caught:
        drafts(content, mapping)
    return caught.value


def workbook(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return out.getvalue()


def test_the_same_cases_have_the_same_hash_in_every_format():
    csv = '\ufeffquestion;answer\r\n"Wet; stairs";injury\r\nDeer;animal\r\n'.encode()
    jsonl = b'{"question": "Wet; stairs", "answer": "injury"}\n\n{"answer": "animal", "question": "Deer"}'
    xlsx = workbook([["question", "answer"], ["Wet; stairs", "injury"], [], ["Deer", "animal"]])
    hashes = {content_sha256(drafts(content)) for content in (csv, jsonl, xlsx)}
    assert len(hashes) == 1
    assert [draft.key for draft in drafts(csv)] == ["C-0001", "C-0002"]


def test_every_part_of_a_case_can_be_mapped():
    content = b"id,question,answer,passage,kind,who,lang\nA1,q,a,ctx,Out of scope,g1,de\n"
    mapping = Mapping("question", "answer", "passage", "kind", "id", "who", ("lang",))
    assert drafts(content, mapping) == [
        CaseDraft("A1", "q", "a", "ctx", "out_of_scope", "g1", {"lang": "de"})
    ]


def test_numbers_and_dates_of_a_workbook_read_as_a_person_reads_them():
    content = workbook([["question", "answer"], [12, 3.5], [True, 1000000]])
    assert [(d.input, d.expected) for d in drafts(content)] == [("12", "3.5"), ("true", "1000000")]


def test_columns_are_guessed_from_their_names():
    assert guess_mapping(["Question", "Expected answer", "Language"]) == Mapping(
        input="Question", expected="Expected answer", slices=("Language",)
    )


def test_a_column_category_of_foreign_words_is_the_expected_answer():
    table = open_table(io.BytesIO(b"text,category\nMy card is lost,lost_or_stolen_card\n"))
    assert guess_mapping(table.columns, list(table.rows)) == Mapping(input="text", expected="category")


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        (Mapping(expected="answer"), "/mapping/input"),
        (Mapping(input="question"), "/mapping/expected"),
        (Mapping(input="question", expected="question"), "/mapping/expected"),
        (Mapping(input="question", expected="nothing"), "/mapping"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(mapping, pointer):
    with pytest.raises(Invalid) as caught:
        check_mapping(mapping, ("question", "answer"))
    assert caught.value.errors[0].pointer == pointer


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"", "empty", "The file is empty."),
        (b"  \n ", "empty", "The file is empty."),
        (
            b"question,answer\nWie hei\xdft er?,x\n",
            "not_utf8",
            "Line 2 is not UTF-8 text: byte 0xDF at position 23.",
        ),
        ("question,answer".encode("utf-16"), "not_utf8", "The file is written in UTF-16"),
        (b"question,answer\na\x00b,c\n", "not_text", "Line 2 holds a zero byte"),
        (
            b'question,answer\n"never closed,c\nmore\n',
            "malformed_csv",
            "A quote opened in the row at line 2 is never",
        ),
        (b'question,answer\n"a"b,c\n', "malformed_csv", "The row at line 2 is not valid CSV"),
        (b"question,question\na,b\n", "repeated_column", "Two columns are called “question”"),
        (b"question,,answer\na,b,c\n", "unnamed_column", "Column 2 has no name."),
        (b'[{"question": 1}]', "malformed_jsonl", "This is one JSON list."),
        (b'{"question": \n', "malformed_jsonl", "Line 1: Not valid JSON"),
        (b"\xd0\xcf\x11\xe0rest", "unknown_format", "This is an old .xls workbook"),
        (b"%PDF-1.7", "unknown_format", "This is a PDF."),
        (b"PK\x03\x04 cut short", "malformed_xlsx", "The workbook cannot be read."),
        (packed({"hello.txt": b"hi"}), "malformed_xlsx", "The workbook cannot be read."),
        (b"question,answer\n", "empty", "The file names its columns but holds no case."),
        (b",".join(b"c%d" % n for n in range(101)), "too_many_columns", "The file has 101 columns"),
    ],
)
def test_an_unusable_file_is_refused_with_a_way_out(content, code, sentence):
    refused = refusal(content)
    assert refused.errors[0].code == code
    assert refused.detail.startswith(sentence)


def test_what_breaks_late_in_a_large_file_is_found_where_it_is():
    line = b"question text that repeats,answer\n"
    content = b"question,answer\n" + line * 40_000 + b"caf\xe9,x\n"
    refused = refusal(content)
    assert refused.detail.startswith("Line 40002 is not UTF-8 text: byte 0xE9")


def test_errors_are_listed_by_row_of_the_file():
    content = b"question,answer,kind\nok,yes,\n,yes,edge\n\nmore,,odd\nwide,x,,y\n"
    refused = refusal(content, Mapping(input="question", expected="answer", category="kind"))
    assert [(e.pointer, e.code) for e in refused.errors] == [
        ("/rows/3/input", "missing"),
        ("/rows/5/expected", "missing"),
        ("/rows/5/category", "unknown"),
        ("/rows/6", "malformed"),
    ]
    assert refused.detail.startswith("Nothing was imported: 3 rows are not usable.")


def test_a_bad_line_of_jsonl_is_named_and_the_rest_still_read():
    content = b'{"question": "a", "answer": "b"}\n{"question": \n[1]\n{"question": "c"}\n'
    assert [(e.pointer, e.code) for e in refusal(content).errors] == [
        ("/rows/2", "malformed"),
        ("/rows/3", "malformed"),
        ("/rows/4/expected", "missing"),
    ]


def test_a_key_may_stand_once():
    refused = refusal(b"id,question,answer\nA,q,a\nA,q,a\n", Mapping("question", "answer", case_key="id"))
    assert [(e.pointer, e.detail) for e in refused.errors] == [
        ("/rows/3/case_key", "The key “A” is already that of row 2. Give each case its own.")
    ]


def test_only_the_first_hundred_errors_are_listed_and_all_are_counted():
    refused = refusal(b"question,answer\n" + b"q,\n" * 250)
    assert len(refused.errors) == limits.MAX_ROW_ERRORS_LISTED
    assert "250 rows are not usable. The first 100 are listed." in refused.detail


def test_a_bomb_by_ratio_is_not_opened():
    bomb = packed({"xl/worksheets/sheet1.xml": b"0" * (8 * limits.MIB)})
    assert refusal(bomb).detail.startswith("The workbook unpacks to more than 200 times its size.")


def test_a_bomb_by_declared_size_is_not_opened(monkeypatch):
    monkeypatch.setattr("demos.importing.xlsx_rows.MAX_UNPACKED_BYTES", 10_000)
    assert refusal(packed({"a.xml": bytes(range(256)) * 50})).errors[0].code == "too_heavy"


def test_a_zip_that_declares_less_than_it_holds_is_not_opened():
    honest = bytearray(packed({"a.xml": bytes(range(256)) * 4_000}))
    entry = honest.rindex(b"PK\x01\x02")
    honest[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    assert refusal(bytes(honest)).errors[0].code == "malformed_xlsx"


def test_a_workbook_of_very_many_parts_is_not_opened():
    assert "holds 501 parts" in refusal(packed({f"{n}.xml": b"" for n in range(501)})).detail


def test_a_workbook_with_entities_is_not_opened():
    assert "entity definitions" in refusal(packed({"a.xml": b'<!DOCTYPE x [<!ENTITY a "b">]>'})).detail


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr("demos.importing.table.MAX_ROWS", 3)
    assert refusal(b"question,answer\n" + b"q,a\n" * 4).errors[0].code == "too_many_rows"


def test_a_file_above_the_size_limit_is_refused_before_it_is_read():
    class Huge(io.BytesIO):
        def seek(self, *place: int) -> int:
            return 2 * 1024 * limits.MIB if place == (0, 2) else 0

        def read(self, *size: int) -> bytes:
            raise AssertionError("read although too large")

    with pytest.raises(Invalid) as caught:
        open_table(Huge())
    assert caught.value.detail.startswith("The file has 2,048 MiB; 32 are taken.")


def test_jsonl_keys_may_come_in_any_order_and_values_of_any_kind():
    line = json.dumps({"answer": 3, "question": {"a": 1}}).encode()
    assert [(d.input, d.expected) for d in drafts(line)] == [('{"a":1}', "3")]


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("motor", {"tags": "motor"}),
        ('["line=motor", "urgency=normal"]', {"line": "motor", "urgency": "normal"}),
        ("line=motor; urgency=normal", {"line": "motor", "urgency": "normal"}),
        ("[not json", {"tags": "[not json"}),
        ("", {}),
    ],
)
def test_a_cell_names_one_slice_or_several(cell, tags):
    assert slice_tags("tags", cell) == tags
