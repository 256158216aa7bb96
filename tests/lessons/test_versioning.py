"""The store and the fingerprint of lesson 40."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lessons.mlops.versioning import ContentStore, Objects, cut, fingerprint

ON_DISK = settings(deadline=None, max_examples=40)
LINES = st.lists(st.binary(max_size=12).map(lambda b: b + b"\n"), max_size=60)
FILES = LINES.map(b"".join) | st.binary(max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "store")


@pytest.fixture
def remote(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "remote")


def files_under(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


@contextmanager
def fresh() -> Iterator[ContentStore]:
    """Give an empty store; hypothesis needs one for each example."""
    with tempfile.TemporaryDirectory() as root:
        yield ContentStore(Path(root))


def size(store: Objects) -> int:
    return sum(map(len, files_under(store.root).values()))


def some_part(store: ContentStore, address: str) -> Path:
    return store.path(store.parts(address)[1])


TABLE = b"".join(f"{i},{i * i}\n".encode() for i in range(400))


class TestCut:
    @given(FILES, st.integers(1, 20))
    def test_parts_joined_are_the_file(self, data: bytes, lines: int) -> None:
        parts = cut(data, lines)
        assert b"".join(parts) == data
        assert all(parts)

    def test_parts_have_the_average_length_asked_for(self) -> None:
        many = b"".join(f"{i},{i * i}\n".encode() for i in range(20_000))
        assert 13 < 20_000 / len(cut(many, 16)) < 19

    @given(LINES, LINES, LINES)
    def test_an_edit_leaves_the_parts_behind_the_next_cut_alone(
        self, head: list[bytes], edit: list[bytes], tail: list[bytes]
    ) -> None:
        parts = cut(b"".join(tail), 4)
        edited = cut(b"".join([*head, *edit, *tail]), 4)
        if len(parts) > 1:
            assert edited[1 - len(parts) :] == parts[1:]


class TestStore:
    @ON_DISK
    @given(FILES)
    def test_what_was_added_comes_back(self, data: bytes) -> None:
        with fresh() as store:
            assert store.get(store.add(data, 4)) == data

    @ON_DISK
    @given(st.lists(FILES, max_size=4))
    def test_files_do_not_disturb_each_other(self, versions: list[bytes]) -> None:
        with fresh() as store:
            addresses = [store.add(data, 4) for data in versions]
            assert [store.get(address) for address in addresses] == versions

    @ON_DISK
    @given(FILES)
    def test_adding_twice_changes_nothing(self, data: bytes) -> None:
        with fresh() as store:
            address, before = store.add(data, 4), files_under(store.root)
            assert store.add(data, 4) == address
            assert files_under(store.root) == before

    def test_an_unknown_address_is_reported(self, store: ContentStore) -> None:
        with pytest.raises(LookupError, match=r"no object abcdef12… here; pull it"):
            store.get("abcdef1234")

    def test_versions_share_their_unchanged_parts(self, store: ContentStore) -> None:
        store.add(TABLE, 4)
        before = size(store)
        store.add(TABLE[:2000] + b"inserted\n" + TABLE[2000:], 4)
        listing = len(cut(TABLE, 4)) * 66
        assert size(store) - before < listing + len(TABLE) / 5

    def test_the_list_of_parts_is_written_last(
        self, store: ContentStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written: list[str] = []
        monkeypatch.setattr(Path, "replace", lambda _, path: written.append(path.name))
        address = store.add(TABLE, 4)
        assert written.index(address[2:]) == len(written) - 1


class TestObjects:
    @pytest.mark.parametrize("algorithm", ["md5", "sha256", "blake2b"])
    def test_the_address_is_the_hash(self, tmp_path: Path, algorithm: str) -> None:
        objects = Objects(tmp_path, algorithm)
        expected = hashlib.new(algorithm, TABLE).hexdigest()
        assert objects.write(TABLE) == expected
        assert files_under(tmp_path) == {f"{expected[:2]}/{expected[2:]}": TABLE}

    def test_an_interrupted_write_leaves_no_object(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(path: Path, target: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Objects(tmp_path).write(b"cat")
        with pytest.raises(LookupError, match="no object"):
            Objects(tmp_path).read(hashlib.sha256(b"cat").hexdigest())

    def test_many_writers_of_one_object_do_not_collide(self, tmp_path: Path) -> None:
        objects = Objects(tmp_path)
        with ThreadPoolExecutor(8) as pool:
            addresses = set(pool.map(objects.write, [TABLE] * 64))
        assert [objects.read(address) for address in addresses] == [TABLE]
        assert len(files_under(tmp_path)) == 1

    def test_a_damaged_object_is_removed(self, tmp_path: Path) -> None:
        objects = Objects(tmp_path)
        address = objects.write(TABLE)
        objects.path(address).write_bytes(TABLE + b"?")
        with pytest.raises(ValueError, match=rf"{address[:8]}… was damaged; pull it"):
            objects.read(address)
        with pytest.raises(LookupError, match="no object"):
            objects.read(address)


class TestDamage:
    @ON_DISK
    @given(FILES, st.data())
    def test_any_change_of_any_object_is_noticed(self, data: bytes, draw: Any) -> None:
        with fresh() as store:
            address = store.add(data, 4)
            objects = sorted(store.root.glob("*/*"))
            damaged = draw.draw(st.sampled_from(objects))
            content = draw.draw(st.binary(max_size=20))
            assume(content != damaged.read_bytes())
            damaged.write_bytes(content)
            with pytest.raises(ValueError, match="was damaged; pull it again"):
                store.get(address)

    def test_a_lost_part_is_noticed(self, store: ContentStore) -> None:
        address = store.add(TABLE, 4)
        some_part(store, address).unlink()
        with pytest.raises(LookupError, match="no object"):
            store.get(address)

    def test_pull_mends_damage(self, store: ContentStore, remote: ContentStore) -> None:
        address = store.add(TABLE, 4)
        store.push(address, remote)
        some_part(store, address).write_bytes(b"?")
        with pytest.raises(ValueError, match="pull it again"):
            store.get(address)
        store.pull(address, remote)
        assert store.get(address) == TABLE

    def test_damage_is_not_pushed(
        self, store: ContentStore, remote: ContentStore
    ) -> None:
        address = store.add(TABLE, 4)
        some_part(store, address).write_bytes(b"?")
        with pytest.raises(ValueError, match="damaged"):
            store.push(address, remote)
        assert not remote.path(address).exists()


class TestRemote:
    def test_push_makes_an_equal_store(
        self, store: ContentStore, remote: ContentStore
    ) -> None:
        store.push(store.add(TABLE, 4), remote)
        assert files_under(remote.root) == files_under(store.root)

    def test_push_sends_only_what_is_missing(
        self, store: ContentStore, remote: ContentStore
    ) -> None:
        store.push(store.add(TABLE, 4), remote)
        before = size(remote)
        store.push(store.add(TABLE + b"one more\n", 4), remote)
        listed = len(cut(TABLE, 4)) * 65
        assert size(remote) - before < listed + len(TABLE) / 10

    def test_pull_without_a_copy_anywhere(
        self, store: ContentStore, remote: ContentStore
    ) -> None:
        with pytest.raises(LookupError, match="no object"):
            store.pull("abcdef1234", remote)


class TestGarbage:
    @ON_DISK
    @given(st.lists(FILES, min_size=1, max_size=5, unique=True), st.data())
    def test_what_remains_is_what_a_new_store_would_hold(
        self, versions: list[bytes], draw: Any
    ) -> None:
        kept = draw.draw(st.lists(st.sampled_from(versions), unique=True))
        with fresh() as store:
            addresses = {data: store.add(data, 4) for data in versions}
            store.gc({addresses[data] for data in kept})
            with fresh() as other:
                for data in kept:
                    other.add(data, 4)
                assert files_under(store.root) == files_under(other.root)

    def test_an_unknown_address_deletes_nothing(self, store: ContentStore) -> None:
        address = store.add(TABLE, 4)
        with pytest.raises(LookupError):
            store.gc({"abcdef1234"})
        assert store.get(address) == TABLE

    def test_leftovers_of_an_interrupted_write_go(self, store: ContentStore) -> None:
        address = store.add(TABLE, 4)
        half = store.path(address).with_name("tmpabcdef")
        half.write_bytes(b"half")
        store.gc({address})
        assert not half.exists()
        assert store.get(address) == TABLE


class TestFingerprint:
    @given(st.dictionaries(st.sampled_from("abc"), JSON | st.binary(max_size=9)))
    def test_order_does_not_count(self, inputs: dict[str, Any]) -> None:
        backwards = dict(reversed(inputs.items()))
        assert fingerprint(**inputs) == fingerprint(**backwards)

    @given(JSON, JSON)
    def test_equal_exactly_if_the_json_is(self, one: Any, other: Any) -> None:
        texts = [json.dumps(value, sort_keys=True) for value in (one, other)]
        names = [fingerprint(config=value) for value in (one, other)]
        assert (names[0] == names[1]) == (texts[0] == texts[1])

    @given(st.binary(max_size=6), st.binary(max_size=6), st.binary(max_size=6))
    def test_bytes_do_not_move_between_inputs(
        self, one: bytes, two: bytes, three: bytes
    ) -> None:
        assume(two)
        assert fingerprint(a=one + two, b=three) != fingerprint(a=one, b=two + three)

    def test_names_count(self) -> None:
        assert fingerprint(code=b"x", data=b"y") != fingerprint(code=b"y", data=b"x")

    def test_follows_its_definition(self) -> None:
        def sha256(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        data, config = sha256("1,2\n"), sha256('{"alpha":1,"seed":0}')
        expected = sha256(f'{{"config":"{config}","data":"{data}"}}')
        assert fingerprint(data=b"1,2\n", config={"seed": 0, "alpha": 1}) == expected

    def test_the_hash_of_bytes_is_their_address(self, tmp_path: Path) -> None:
        address = Objects(tmp_path).write(TABLE)
        listed = json.dumps({"data": address}, separators=(",", ":")).encode()
        assert fingerprint(data=TABLE) == hashlib.sha256(listed).hexdigest()

    def test_rejects_what_has_no_canonical_form(self) -> None:
        with pytest.raises(ValueError, match="JSON compliant"):
            fingerprint(config=float("nan"))
        with pytest.raises(TypeError, match="not JSON serializable"):
            fingerprint(config={1, 2})
