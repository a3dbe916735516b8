"""Books in a folder: read, written, and refused with the reason."""

import json
from pathlib import Path

import pytest
from unit.sandbox_server.building import TOKEN, Object, books_of, contact, invoice, log_entry, transaction, voucher

from sandbox.objects.books import RESOURCES, Books
from sandbox.objects.folder import BooksFolderError, derive_token, read_folder, write_folder

ROWS = (
    invoice(1, header="Größe <b>\n"),
    invoice(2),
    contact(7),
    transaction(3, "1.5"),
    log_entry(4, 3, voucher(9), -1.5),
)


def put(file: Path, content: object) -> None:
    """Write JSON, with the folders that it needs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def complete(books: Books) -> dict[str, list[Object]]:
    """Every resource, those without objects as empty lists."""
    return {resource: books.objects.get(resource, []) for resource in RESOURCES}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Firms in the order of their names, with token, version and revocation."""
    b = books_of(*ROWS, firm="b-firma", token="b" * 32, is_revoked=True)
    a = Books(firm="a", name="A GmbH & Co. KG", token=TOKEN, version="1.0", objects={})
    write_folder([b, a], tmp_path)
    assert [(one.firm, one.name, one.token, one.version, one.is_revoked) for one in read_folder(tmp_path)] == [
        ("a", "A GmbH & Co. KG", TOKEN, "1.0", False),
        ("b-firma", "b-firma GmbH", "b" * 32, "2.0", True),
    ]
    assert [one.objects for one in read_folder(tmp_path)] == [complete(a), complete(b)]


def test_the_same_books_give_the_same_bytes(tmp_path: Path) -> None:
    """Written twice, to different places."""
    for place in ("one", "two"):
        write_folder([books_of(*ROWS)], tmp_path / place)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.json"))
    assert len(files) == len(RESOURCES) + 1
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_folder_that_holds_resource_files_is_one_firm(tmp_path: Path) -> None:
    """Called like the folder, with a token made from that name; what else lies there is left alone."""
    put(tmp_path / "meine-firma" / "Invoice.json", {"objects": [invoice(1)], "total": "1"})
    put(tmp_path / "meine-firma" / "PaymentMethod.json", {"objects": []})
    put(tmp_path / "meine-firma" / "notes.txt", "Hallo")
    (books,) = read_folder(tmp_path / "meine-firma")
    assert (books.firm, books.name, books.token, books.version) == (
        "meine-firma",
        "meine-firma",
        derive_token("meine-firma"),
        "2.0",
    )
    assert books.objects == {**{resource: [] for resource in RESOURCES}, "Invoice": [invoice(1)]}
    assert read_folder(tmp_path) == [books]


def test_a_firm_file_alone_is_an_empty_account(tmp_path: Path) -> None:
    """Its token may still be derived."""
    put(tmp_path / "leer" / "firm.json", {"name": "Leer UG"})
    (books,) = read_folder(tmp_path)
    assert (books.name, books.token) == ("Leer UG", derive_token("leer"))


def test_a_derived_token_is_stable_and_its_own() -> None:
    """It looks like a real one."""
    assert derive_token("a") == "28df1df93ca28e42e86eea715c4706ea"
    assert derive_token("a") != derive_token("b")


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("Invoice.json", "{", "truncated"),
        ("Invoice.json", "", "truncated"),
        ("Invoice.json", "[]", "Expected `object`"),
        ("Invoice.json", '{"objects":' * 100_000, "nested too deeply"),
        ("Invoice.json", {"objects": {}}, "must be {"),
        ("Invoice.json", {"invoices": []}, "must be {"),
        ("Invoice.json", {"objects": [invoice(1), None]}, "object 1 .* is not a JSON object"),
        ("Invoice.json", {"objects": [{"objectName": "Invoice"}]}, 'has no "id"'),
        ("Invoice.json", {"objects": [{**invoice(1), "id": 1}]}, "must be a string of digits"),
        ("Invoice.json", {"objects": [{**invoice(1), "id": "../1"}]}, "must be a string of digits"),
        ("Invoice.json", {"objects": [invoice(1), invoice(1)]}, "id 1, which another one has"),
        ("Invoice.json", {"objects": [voucher(1)]}, 'must have "objectName": "Invoice"'),
        ("Invoice.json", {"objects": [{**invoice(1), "invoiceType": {}}]}, 'object 0 .* list as "invoiceType"'),
        ("Invoice.json", {"objects": [invoice(1), {**invoice(2), "status": ["200"]}]}, 'object 1 .* list as "status"'),
        ("CheckAccountTransaction.json", {"objects": [transaction(1, "1,50")]}, '"amount" that is a number'),
        ("CheckAccountTransaction.json", {"objects": [transaction(1, "1e999")]}, '"amount" that is a number'),
        ("CheckAccountTransaction.json", {"objects": [transaction(1, "1", "15.09.2026")]}, '"valueDate"'),
        ("Invoices.json", {"objects": []}, r"should be called Invoice\.json"),
        ("checkaccount.json", {"objects": []}, r"should be called CheckAccount\.json"),
        ("firm.json", {"token": "geheim"}, "token"),
        ("firm.json", {"token": TOKEN + "\n"}, "token"),
        ("firm.json", {"tokne": TOKEN}, "tokne"),
        ("firm.json", {"name": ""}, "name"),
        ("firm.json", {"bookkeepingSystemVersion": 2}, "bookkeepingSystemVersion"),
    ],
)
def test_a_bad_file_is_named_with_its_problem(tmp_path: Path, file: str, content: object, told: str) -> None:
    """The message says which file, where in it, and what was expected, never a token."""
    put(tmp_path / "muster" / "Contact.json", {"objects": []})
    put(tmp_path / "muster" / file, content)
    with pytest.raises(BooksFolderError, match=told) as caught:
        read_folder(tmp_path)
    assert str(tmp_path / "muster" / file) in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """As in a file saved in another encoding."""
    (tmp_path / "Contact.json").write_bytes('{"objects": [{"id": "1", "name": "Müller"}]}'.encode("latin-1"))
    with pytest.raises(BooksFolderError, match=r"Contact\.json: 'utf-8' codec"):
        read_folder(tmp_path)


def test_a_place_without_books_is_refused(tmp_path: Path) -> None:
    """Missing, empty, a file, or with folders that hold something else."""
    (tmp_path / "empty" / "ledger").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(BooksFolderError, match="is not a folder"):
        read_folder(tmp_path / "missing")
    with pytest.raises(BooksFolderError, match="is not a folder"):
        read_folder(tmp_path / "file")
    with pytest.raises(BooksFolderError, match="holds no books"):
        read_folder(tmp_path / "empty")


@pytest.mark.parametrize("firm", ["", "..", "a/b", ".hidden", "a\\b", "a b", "ä"])
def test_a_firm_that_cannot_name_a_folder_is_not_written(tmp_path: Path, firm: str) -> None:
    """Nothing is written then, not even the others."""
    with pytest.raises(BooksFolderError, match="cannot name a folder"):
        write_folder([books_of(), books_of(firm=firm)], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_books_with_a_resource_that_is_not_served_are_not_written(tmp_path: Path) -> None:
    """Their objects would be lost."""
    with pytest.raises(BooksFolderError, match="'Order', which is not served"):
        write_folder([Books(firm="a", name="a", token=TOKEN, objects={"Order": []})], tmp_path)
