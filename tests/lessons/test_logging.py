"""What lesson 30 exports, against the library's own behaviour."""

import asyncio
import io
import json
import logging
import logging.config
import logging.handlers
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lessons.mlops.logging import (
    BACKUP_COUNT,
    MAX_BYTES,
    JSONFormatter,
    RedactFilter,
    RequestIdFilter,
    isolated_logging,
    logging_config,
    read_log,
    redact,
    request_id,
)

STANDARD = ("time", "level", "logger", "function", "line", "message")


def tree() -> dict[str, tuple[Any, ...]]:
    """Every logger that has something set, told without the module under test."""
    named = logging.Logger.manager.loggerDict.items()
    loggers = {
        "": logging.getLogger(),
        **{k: v for k, v in named if hasattr(v, "level")},
    }
    states = {
        k: (x.level, [*x.handlers], [*x.filters], x.propagate, x.disabled)
        for k, x in loggers.items()
    }
    return {k: v for k, v in states.items() if v != (0, [], [], True, False)}


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before, factory = tree(), logging.getLogRecordFactory()
    with isolated_logging():
        yield
    assert tree() == before
    assert logging.getLogRecordFactory() is factory


def record(message: object = "hello", *args: object, **fields: object) -> Any:
    return logging.makeLogRecord({"msg": message, "args": args, **fields})


def failure(text: str = "boom") -> Any:
    try:
        raise ValueError(text)
    except ValueError:
        return record("failed", exc_info=sys.exc_info())


def screen() -> tuple[Console, io.StringIO]:
    shown = io.StringIO()
    return Console(file=shown, width=100, color_system=None, force_jupyter=False), shown


# JSON lines


@given(
    message=st.text(),
    extra=st.dictionaries(
        st.from_regex(r"x_[a-z]{1,8}", fullmatch=True),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
    ),
)
def test_a_record_is_one_line_that_can_be_read_back(
    message: str, extra: dict[str, object]
) -> None:
    line = JSONFormatter().format(
        record(message, name="a.b", levelname="INFO", **extra)
    )
    assert line.isascii()
    assert len(line.splitlines()) == 1
    fields = json.loads(line)
    assert tuple(fields)[:6] == STANDARD
    assert {k: fields[k] for k in extra} == extra
    assert (fields["message"], fields["logger"]) == (message, "a.b")


def test_time_is_utc() -> None:
    line = JSONFormatter().format(record(created=1_794_883_620.5))
    assert json.loads(line)["time"] == "2026-11-17T02:47:00.500+00:00"


def test_an_extra_does_not_replace_a_standard_field() -> None:
    fields = json.loads(JSONFormatter().format(record("hello", time="never", level=9)))
    assert fields["time"] != "never"
    assert fields["level"] != 9


def test_what_json_has_no_form_for_becomes_text() -> None:
    fields = json.loads(JSONFormatter().format(record(where=Path("a"), who={1})))
    assert (fields["where"], fields["who"]) == ("a", "{1}")


def test_a_traceback_is_the_one_of_the_library() -> None:
    failed = failure()
    expected = logging.Formatter().formatException(failed.exc_info)
    assert json.loads(JSONFormatter().format(failed))["exception"] == expected
    assert "exception" not in json.loads(JSONFormatter().format(record()))


# Request ids


def filtered(**fields: object) -> str:
    made = record(**fields)
    assert RequestIdFilter().filter(made) is True
    return str(made.request_id)


def test_ids_nest_and_end() -> None:
    assert filtered() == "-"
    with request_id("r1"):
        with request_id("r2"):
            assert filtered() == "r2"
        assert filtered() == "r1"
    assert filtered() == "-"


def test_an_id_ends_with_an_exception() -> None:
    with pytest.raises(KeyError), request_id("r1"):
        raise KeyError
    assert filtered() == "-"


def test_an_id_that_is_there_is_kept() -> None:
    assert filtered(request_id="r9") == "r9"


def test_concurrent_requests_keep_their_own() -> None:
    async def handle(number: int) -> list[str]:
        found = []
        with request_id(f"r{number}"):
            for _ in range(3):
                await asyncio.sleep(0)
                found.append(filtered())
        return found

    async def handle_all() -> list[list[str]]:
        return await asyncio.gather(*map(handle, range(20)))

    assert asyncio.run(handle_all()) == [[f"r{n}"] * 3 for n in range(20)]


# Secrets

SECRET = st.from_regex(r"[A-Za-z0-9_./+-]{8,30}", fullmatch=True)


@given(SECRET)
@pytest.mark.parametrize(
    "text",
    [
        "GET /x?token={}&page=2",
        "password: {}, user: ann",
        "Authorization: Bearer {}",
        "token=Bearer {}",
        '{{"api_key": "{}"}}',
        "API-KEY={} again",
        "client_secret='{}';",
    ],
)
def test_secrets_are_blanked(text: str, secret: str) -> None:
    blanked = redact(text.format(secret))
    assert blanked == text.format("***")


@pytest.mark.parametrize(
    "text", ["", "Potholes in images", "num_tokens=512", "the token is lost", "bearer"]
)
def test_other_text_stays(text: str) -> None:
    assert redact(text) == text


def test_message_extras_and_traceback_are_redacted() -> None:
    failed = failure("password=abc1")
    failed.msg, failed.args = "token=%s and %d%%", ("abc2", 5)
    failed.api_key, failed.header, failed.number = "abc3", "Bearer abc4", 7
    assert RedactFilter().filter(failed) is True
    line = JSONFormatter().format(failed)
    assert "abc" not in line
    assert json.loads(line)["message"] == "token=*** and 5%"
    assert json.loads(line)["number"] == 7
    assert "abc" not in logging.Formatter().format(failed)


def test_arguments_that_do_not_fit_do_not_stop_the_service() -> None:
    made = record("%d", "many")
    assert RedactFilter().filter(made) is True
    assert made.args == ("many",)


# The configuration


def configured(directory: Path, level: str = "INFO") -> io.StringIO:
    console, shown = screen()
    logging.config.dictConfig(logging_config(directory, level, console=console))
    return shown


def messages(path: Path) -> list[str]:
    return [json.loads(line)["message"] for line in path.read_text().splitlines()]


def test_who_gets_what(tmp_path: Path) -> None:
    shown = configured(tmp_path)
    app, other = logging.getLogger("tagging.api"), logging.getLogger("urllib3")
    for logger in (app, other):
        for level in (10, 20, 30, 40):
            logger.log(level, "%s at %d", logger.name, level)
    expected = [f"tagging.api at {n}" for n in (20, 30, 40)]
    expected += [f"urllib3 at {n}" for n in (30, 40)]
    assert messages(tmp_path / "info.log") == expected
    assert messages(tmp_path / "error.log") == [x for x in expected if "40" in x]
    assert [x.split(": ")[1].strip() for x in shown.getvalue().splitlines()] == expected


def test_debug_is_for_the_console(tmp_path: Path) -> None:
    shown = configured(tmp_path, "DEBUG")
    logging.getLogger("tagging").debug("details")
    assert "details" in shown.getvalue()
    assert messages(tmp_path / "info.log") == []


def test_another_application(tmp_path: Path) -> None:
    logging.config.dictConfig(logging_config(tmp_path, app="shop", console=screen()[0]))
    logging.getLogger("shop.cart").info("mine")
    logging.getLogger("tagging").info("not mine")
    assert messages(tmp_path / "info.log") == ["mine"]


def test_lines_carry_the_id_and_no_secret(tmp_path: Path) -> None:
    shown = configured(tmp_path)
    with request_id("r7"):
        logging.getLogger("tagging").error("token=abc1")
    for name in ("info.log", "error.log"):
        line = json.loads((tmp_path / name).read_text())
        assert (line["request_id"], line["message"]) == ("r7", "token=***")
    assert "r7 tagging: token=***" in shown.getvalue()


def test_files_rotate_at_ten_mebibytes(tmp_path: Path) -> None:
    configured(tmp_path)
    files = [x for x in logging.root.handlers if hasattr(x, "maxBytes")]
    assert len(files) == 2
    for handler in files:
        assert isinstance(handler, logging.handlers.RotatingFileHandler)
        assert (handler.maxBytes, handler.backupCount) == (MAX_BYTES, BACKUP_COUNT)
    assert MAX_BYTES == 10_485_760


def test_early_loggers_go_on(tmp_path: Path) -> None:
    early, stranger = logging.getLogger("tagging.early"), logging.getLogger("early")
    configured(tmp_path)
    assert not early.disabled
    assert not stranger.disabled


def test_without_a_console_people_read_standard_error(tmp_path: Path, capsys) -> None:
    logging.config.dictConfig(logging_config(tmp_path))
    logging.getLogger("tagging").warning("look")
    out, err = capsys.readouterr()
    assert out == ""
    assert "look" in err


def test_a_configuration_is_yours_to_change(tmp_path: Path) -> None:
    changed = logging_config(tmp_path)
    changed["filters"].clear()
    changed["handlers"]["info"]["filters"].clear()
    assert set(logging_config(tmp_path)["filters"]) == {"request_id", "redact"}
    fresh = logging_config(tmp_path)["handlers"]["info"]["filters"]
    assert fresh == ["request_id", "redact"]


# Reading


def test_rotated_files_are_read_in_order(tmp_path: Path) -> None:
    config = logging_config(tmp_path, console=screen()[0])
    config["handlers"]["info"] |= {"maxBytes": 1_000, "backupCount": 30}
    logging.config.dictConfig(config)
    for number in range(100):
        logging.getLogger("tagging").info("answered", extra={"number": number})
    assert (tmp_path / "info.log.10").exists()
    log = read_log(tmp_path / "info.log")
    assert log["number"].tolist() == list(range(100))
    assert str(log["time"].dt.tz) == "UTC"
    assert log["time"].is_monotonic_increasing


def test_torn_lines_are_left_out_with_a_warning(tmp_path: Path, caplog) -> None:
    line = JSONFormatter().format(record("whole"))
    path = tmp_path / "info.log"
    path.write_text(f"{line}\n{line[:20]}\n3\n\n{line}\n{line[:-1]}")
    assert read_log(path)["message"].tolist() == ["whole", "whole"]
    assert caplog.record_tuples == [
        ("lessons.mlops.logging", logging.WARNING, f"{path}: 4 lines left out")
    ]


def test_other_files_beside_a_log_are_not_read(tmp_path: Path) -> None:
    line = JSONFormatter().format(record())
    for name in ("info.log", "info.log.1", "info.log.gz", "info.log.old", "error.log"):
        (tmp_path / name).write_text(f"{line}\n")
    assert len(read_log(tmp_path / "info.log")) == 2


def test_an_empty_log_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "info.log").touch()
    log = read_log(tmp_path / "info.log")
    assert log.empty
    assert str(log["time"].dt.tz) == "UTC"


def test_a_missing_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"info\.log"):
        read_log(tmp_path / "info.log")


# Isolation


class Closed(logging.Handler):
    closed = False

    def close(self) -> None:
        self.closed = True
        super().close()


def wreck(logger: logging.Logger, handler: logging.Handler) -> None:
    with isolated_logging():
        logger.handlers = [handler]
        logger.propagate, logger.disabled = False, True
        logger.addFilter(RequestIdFilter())
        logger.setLevel(logging.ERROR)
        assert not logger.isEnabledFor(logging.INFO)
        logging.setLogRecordFactory(lambda *a, **k: record())
        logging.getLogger("isolation.new").addHandler(handler)
        logging.getLogger().addHandler(handler)
        raise KeyError


def test_everything_changed_is_restored() -> None:
    stays, comes = Closed(), Closed()
    known = logging.getLogger("isolation.known")
    known.addHandler(stays)
    known.setLevel(logging.INFO)
    before = tree()
    with pytest.raises(KeyError):
        wreck(known, comes)
    assert tree() == before
    assert known.isEnabledFor(logging.INFO)
    assert comes.closed
    assert not stays.closed


def test_files_are_closed(tmp_path: Path) -> None:
    with isolated_logging():
        configured(tmp_path)
        files = [x for x in logging.root.handlers if hasattr(x, "maxBytes")]
        logging.getLogger("tagging").error("hello")
        assert all(x.stream for x in files)
    assert not any(x.stream for x in files)


def test_a_level_is_not_remembered() -> None:
    logger = logging.getLogger("isolation.cached")
    assert not logger.isEnabledFor(logging.DEBUG)
    with isolated_logging():
        logging.getLogger().setLevel(logging.DEBUG)
        assert logger.isEnabledFor(logging.DEBUG)
    assert not logger.isEnabledFor(logging.DEBUG)
