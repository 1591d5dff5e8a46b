"""CSV, IDX and .npy files: what is read, and what is said of files that are wrong."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
from nn import DataFileError
from nn.data import Table, mnist, npy, read_csv, read_idx

# --- CSV ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path):
    def write(text, **options):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        return read_csv(tmp_path / "t.csv", **options)

    return write


def test_types_are_found(written):
    table = written('n,x,word,mixed\n1,2.5,a,1\n\n-2,1e3,"b, c",two\n')
    assert {name: table[name].dtype.kind for name in table.names} == {"n": "i", "x": "f", "word": "U", "mixed": "U"}
    assert table["n"].tolist() == [1, -2]
    assert table["x"].tolist() == [2.5, 1000.0]
    assert table["word"].tolist() == ["a", "b, c"]
    assert len(table) == 2


def test_types_are_told(written):
    text = "zip,n\n01234,1\n99999,2\n"
    assert written(text)["zip"].tolist() == [1234, 99999]
    table = written(text, types={"zip": str, "n": "float"})
    assert table["zip"].tolist() == ["01234", "99999"]
    assert table["n"].dtype == np.float64


def test_files_without_names(written):
    assert written("1,2\n3,4\n", header=False).names == ["0", "1"]
    assert written("1;2\n3;4\n", header=["a", "b"], delimiter=";")["b"].tolist() == [2, 4]


def test_a_byte_order_mark_is_no_part_of_a_name(written):
    assert written("\ufeffa,b\n1,2\n").names == ["a", "b"]


def test_missing_cells(written):
    with pytest.raises(DataFileError, match=r"t.csv: line 3, column 'b': the cell is empty \(pass missing="):
        written("a,b\n1,2\n3,\n")
    with pytest.raises(DataFileError, match="line 2, column 'a': 'NA' is missing"):
        written("a,b\nNA,2\n3,4\n")
    table = written("a,b\n1,?\n3,4\n", missing=float("nan"))
    np.testing.assert_array_equal(table["b"], [np.nan, 4.0])
    assert written("a,b\n1,\n3,4\n", missing=-1)["b"].tolist() == [-1.0, 4.0]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("a,b\n1,2\n3\n", {}, "line 3 has 1 cells, but there are 2 columns"),
        ('a,b\n"x\ny",2\n3,4,5\n', {}, "line 4 has 3 cells"),
        ("a,b\n1,2\n3,x\n", {"types": {"b": "float"}}, "line 3, column 'b': 'x' is not a number"),
        ("a,b\n1,2\n3,2.5\n", {"types": {"b": "int"}}, "line 3, column 'b': '2.5' is not an integer"),
        ("a,b\n1,2\n", {"types": {"c": "int"}}, "no column 'c'; the columns are a, b"),
        ("a,a\n1,2\n", {}, "two columns are named 'a'"),
        ("", {}, "the file has no rows"),
        ("a,b\n", {}, "the file has no rows"),
        ('a,b\n"1,2\n', {}, "line 2: unexpected end of data"),
    ],
)
def test_tables_that_are_refused(written, text, options, words):
    with pytest.raises(DataFileError, match=words):
        written(text, **options)


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "b.csv").write_bytes(b"a,b\n\xff\xfe,2\n")
    with pytest.raises(DataFileError, match="not utf-8-sig text"):
        read_csv(tmp_path / "b.csv")
    with pytest.raises(DataFileError, match=r"none.csv: No such file") as caught:
        read_csv(tmp_path / "none.csv")
    assert (caught.value.path, caught.value.why) == (str(tmp_path / "none.csv"), "No such file or directory")
    with pytest.raises(ValueError, match="the type of column 'a' must be 'int', 'float' or 'str', not 'date'"):
        read_csv(tmp_path / "b.csv", types={"a": "date"}, encoding="latin-1")


def test_features_and_target(written):
    table = written("rooms,area,price,town\n3,70.5,200,A\n5,120,350,B\n")
    with pytest.raises(DataFileError, match="line 2, column 'town': 'A' is not a number"):
        table.split("price")
    x, y = Table({k: table[k] for k in ("rooms", "area", "price")}).split("price")
    assert x.tolist() == [[3.0, 70.5], [5.0, 120.0]]
    assert y.tolist() == [200, 350]
    with pytest.raises(KeyError, match="no column 'cost'; the columns are rooms, area, price, town"):
        table.split("cost")
    with pytest.raises(ValueError, match=r"different lengths: \[1, 2\]"):
        Table({"a": np.zeros(1), "b": np.zeros(2)})


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**20), 10**20),
            st.floats(allow_nan=False),
            st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs")), min_size=1).map(lambda s: "w" + s),
        ),
        min_size=1,
    )
)
def test_what_was_written_is_read(tmp_path_factory, rows):
    import csv

    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("n", "x", "word"), *rows])
    table = read_csv(path, types={"word": "str", "x": "float"})
    assert table["x"].tolist() == [x for _, x, _ in rows]
    assert table["word"].tolist() == [w.strip() for _, _, w in rows]
    assert table["n"].tolist() == [n for n, _, _ in rows] or table["n"].dtype == np.float64


# --- IDX ----------------------------------------------------------------------------------------------------------

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx(array):
    """The bytes of an IDX file."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[array.dtype.str[1:]], array.ndim, *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 3), ()])
def test_idx_files(tmp_path, dtype, shape):
    array = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    for name, content in (("plain", idx(array)), ("packed.gz", gzip.compress(idx(array)))):
        (tmp_path / name).write_bytes(content)
        found = read_idx(tmp_path / name)
        assert found.dtype == array.dtype
        assert found.dtype.isnative
        np.testing.assert_array_equal(found, array)


@pytest.fixture
def digits_folder(tmp_path):
    rng = np.random.default_rng(0)
    for part, n in (("train", 6), ("t10k", 3)):
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(
            gzip.compress(idx(rng.integers(0, 256, (n, 4, 5), np.uint8)))
        )
        (tmp_path / f"{part}-labels.idx1-ubyte").write_bytes(idx(np.arange(n, dtype=np.uint8)))
    return tmp_path


def test_a_folder_in_the_form_of_mnist(digits_folder):
    x, y = mnist(digits_folder)
    raw = mnist(digits_folder, raw=True).x
    assert (x.shape, x.dtype, y.tolist(), y.dtype) == ((6, 20), np.float32, [0, 1, 2, 3, 4, 5], np.int64)
    assert (raw.shape, raw.dtype) == ((6, 4, 5), np.uint8)
    np.testing.assert_allclose(x, raw.reshape(6, 20) / 255, rtol=1e-6)
    assert mnist(digits_folder, "test").y.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="part must be 'train' or 'test', not 'valid'"):
        mnist(digits_folder, "valid")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("train-labels.idx1-ubyte", idx(np.arange(5, dtype="u1")), "holds 5 labels, but .*images.* holds 6 images"),
        ("train-labels.idx1-ubyte", idx(np.arange(6, dtype="u1"))[:-2], "shape .6,. of uint8 needs 6 bytes, but 4"),
        ("train-labels.idx1-ubyte", idx(np.arange(6, dtype="u1")) + b"\0", "the file is too long"),
        ("train-labels.idx1-ubyte", idx(np.zeros((6, 1), "u1")), r"1 axis, but .* uint8 and shape \(6, 1\)"),
        ("train-labels.idx1-ubyte", idx(np.zeros(6, "f4")), "labels must be integers"),
        ("train-images-idx3-ubyte.gz", idx(np.zeros((6, 20), "u1")), r"need 3 axes, but .* shape \(6, 20\)"),
        ("train-images-idx3-ubyte.gz", gzip.compress(idx(np.zeros((6, 4, 5), "u1")))[:-9], "truncated or damaged"),
        ("train-images-idx3-ubyte.gz", b"\x1f\x8bnothing", "truncated or damaged"),
        ("train-images-idx3-ubyte.gz", b"GIF89a", "not an IDX file, which begins with 00 00"),
        ("train-images-idx3-ubyte.gz", b"", "IDX"),
        ("train-images-idx3-ubyte.gz", b"\0\0\x08\x03\0\0", "6 bytes cannot hold the sizes of 3 axes"),
    ],
)
def test_folders_with_a_wrong_file(digits_folder, name, content, words):
    (digits_folder / name).write_bytes(content)
    with pytest.raises(DataFileError, match=words):
        mnist(digits_folder)


def test_folders_without_the_files(tmp_path):
    with pytest.raises(DataFileError, match=r"folder has no train-images-idx3-ubyte or train-images-idx3-ubyte\.gz"):
        mnist(tmp_path)
    with pytest.raises(DataFileError, match="no such folder"):
        mnist(tmp_path / "none")


# --- .npy ---------------------------------------------------------------------------------------------------------


def test_npy_files_that_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(100.0))
    whole = (tmp_path / "x.npy").read_bytes()
    np.savez(tmp_path / "x.npz", a=np.zeros(2))
    np.save(tmp_path / "number.npy", np.array(1.0))
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes(whole[:-8])
    (tmp_path / "text.npy").write_text("a,b")
    (tmp_path / "empty.npy").write_bytes(b"")
    for name, words in {
        "none.npy": "No such file",
        "x.npz": "several arrays",
        "number.npy": "a single number",
        "objects.npy": "not a complete .npy file of numbers",
        "cut.npy": "not a complete .npy file of numbers",
        "text.npy": "not a complete .npy file of numbers",
        "empty.npy": "not a complete .npy file of numbers",
    }.items():
        with pytest.raises(nn.DataFileError, match=words):
            npy(tmp_path / name)
