"""Exercises of lesson 30, Logging."""

import contextvars
import json
import logging
import threading
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd

from lessons import TODO
from lessons.exercises._exercise import Exercise, Mistake, Property

LESSON = "mlops/30_logging"
Line = dict[str, Any]


# 1. Where a call arrives


class _Noting(logging.Handler):
    def __init__(self, name: str, level: int, reached: set[str]) -> None:
        super().__init__(level)
        self.name, self.reached = name, reached

    def emit(self, record: logging.LogRecord) -> None:
        self.reached.add(str(self.name))


def _reached(name: str, level: int) -> set[str]:
    """Build the tree of the exercise with the library, make one call."""
    reached: set[str] = set()
    root = logging.RootLogger(logging.ERROR)
    tree = logging.Manager(root)
    app, audit = tree.getLogger("tagging"), tree.getLogger("tagging.audit")
    app.setLevel(logging.DEBUG)
    audit.propagate = False
    tree.getLogger("tagging.audit.keys").setLevel(logging.INFO)
    root.addHandler(_Noting("console", logging.NOTSET, reached))
    app.addHandler(_Noting("file", logging.WARNING, reached))
    audit.addHandler(_Noting("audit", logging.NOTSET, reached))
    tree.getLogger(name).log(level, "called")
    return reached


_RIGHT = {
    "tagging INFO": _reached("tagging", logging.INFO),
    "tagging ERROR": _reached("tagging", logging.ERROR),
    "audit DEBUG": _reached("tagging.audit", logging.DEBUG),
    "keys DEBUG": _reached("tagging.audit.keys", logging.DEBUG),
    "keys ERROR": _reached("tagging.audit.keys", logging.ERROR),
    "urllib3 WARNING": _reached("urllib3", logging.WARNING),
}

destinations = Exercise(
    lesson=LESSON,
    number=1,
    insight="The level of a logger decides whether a record is made; once it is, only "
    "handlers, filters and propagation are asked.",
    hints=[
        "For each call, two questions: is the record made, and who is offered it?",
        "Made: compare with the first level on the way from the logger to the root. "
        "Offered: collect handlers upwards, and stop above propagate = false.",
        "'audit DEBUG': the nearest level is tagging's DEBUG, so it is made; its own "
        "handler gets it, and nothing above does.",
    ],
    mistakes=[
        Mistake(
            _RIGHT | {"tagging INFO": set[str]()},
            "You let the root's ERROR stop a record that tagging has made. A level "
            "above the logger's own is not asked again.",
        ),
        Mistake(
            _RIGHT | {"tagging INFO": {"file", "console"}},
            "A handler has a level, too: file wants WARNING.",
        ),
        Mistake(
            _RIGHT
            | {
                "audit DEBUG": {"audit", "console"},
                "keys ERROR": {"audit", "file", "console"},
            },
            "tagging.audit does not propagate: nothing above it sees its records, nor "
            "those of its children.",
        ),
        Mistake(
            _RIGHT | {"keys ERROR": set[str]()},
            "keys propagates to audit; it is audit that does not propagate further.",
        ),
        Mistake(
            _RIGHT | {"keys DEBUG": {"audit"}},
            "keys has a level of its own, INFO, so nobody asks for tagging's.",
        ),
    ],
    expected=_RIGHT,
)


# 2. Requests that never finished


def _by_table(lines: list[str]) -> list[str]:
    rows = [row for line in lines if (row := _row(line))]
    table = pd.DataFrame(rows, columns=["request_id", "stage"])
    table = table[table["request_id"] != "-"]
    done = table["stage"].eq("request").groupby(table["request_id"]).any()
    return [str(x) for x in table["request_id"].unique() if not done[x]]


def _row(line: str) -> Line:
    try:
        row: Line = json.loads(line)
    except ValueError:
        return {}
    return row


def _open(rows: Iterable[Line], ends: Callable[[Line], object]) -> list[str]:
    rows = [row for row in rows if row]
    done = {row["request_id"] for row in rows if ends(row)}
    return [
        x for x in dict.fromkeys(row["request_id"] for row in rows) if x not in done
    ]


def _is_end(row: Line) -> bool:
    return row.get("stage") == "request"


def _without_dash(found: list[str]) -> list[str]:
    return [x for x in found if x != "-"]


def _until_torn(lines: list[str]) -> list[str]:
    whole = [bool(_row(line)) for line in lines]
    first = whole.index(False) if False in whole else len(lines)
    return _without_dash(_open(map(_row, lines[:first]), _is_end))


def _line(request: str, stage: str | None = None) -> str:
    fields = {"request_id": request, "message": "hello"}
    return json.dumps(fields | ({"stage": stage} if stage else {}))


unfinished = Exercise(
    lesson=LESSON,
    number=2,
    insight="What a log does not say can be the finding: start and end are worth a "
    "line each.",
    hints=[
        "Which line tells that a request is over, and what is left if you cross off "
        "the ids of those lines?",
        "Read each line by itself, so that a torn one costs only itself. Collect the "
        "ids in order, and the finished ones in a set.",
        "json.loads raises ValueError for a torn line; the keys of a dictionary keep "
        "the order in which they came.",
    ],
    mistakes=[
        Mistake(
            lambda lines: sorted(_by_table(lines)),
            "Sorted by id. Asked for is the order of first appearance, which is the "
            "order in which users began to wait.",
        ),
        Mistake(
            _until_torn,
            "You stopped at a torn line. The service was started again after it and "
            "went on writing.",
        ),
        Mistake(
            lambda lines: _without_dash(
                _open(map(_row, lines), lambda r: "stage" in r)
            ),
            "A request that has finished a stage has not finished. Only the stage "
            '"request" is the whole.',
        ),
        Mistake(
            lambda lines: _open(map(_row, lines), _is_end),
            '"-" is what lines outside of any request carry; nobody waits for it.',
        ),
    ],
    cases={
        "two of three finished": (
            [
                _line("r7", "store"),
                _line("r2"),
                _line("r7", "request"),
                _line("r1", "model"),
                _line("r2", "request"),
            ],
        ),
        "a line torn by the crash": (
            [
                _line("r9"),
                _line("r9", "request")[:25],
                _line("r3", "store"),
                _line("r4"),
                _line("r4", "request"),
            ],
        ),
        "lines of no request": ([_line("-"), _line("r1", "request"), _line("r5")],),
        "nobody waits": ([_line("r1"), _line("r1", "request")],),
    },
    expected=_by_table,
)


# 3. The context in other threads

_user = contextvars.ContextVar("exercise_user", default="nobody")
_TWO_IN_ONE = "two threads entered one context"


def _in_a_pool(answer: Any, threads: str, function: str, items: list[str]) -> object:
    """Call the answer in a request, with a function that waits for company."""
    together = threading.Barrier(len(items))

    def tag(item: str) -> str:
        try:
            together.wait(timeout=0.3)
        except threading.BrokenBarrierError:
            return f"{item}, not at the same time"
        return f"{item}, for {_user.get()}"

    token = _user.set(function.split()[-1])
    try:
        with ThreadPoolExecutor(len(items)) as pool:
            return answer(pool, tag, items)
    except RuntimeError as error:
        if "cannot enter context" in str(error):
            return _TWO_IN_ONE
        raise
    finally:
        _user.reset(token)


def _one_context(pool: ThreadPoolExecutor, function: Any, items: list[str]) -> object:
    context = contextvars.copy_context()
    return list(pool.map(lambda item: context.run(function, item), items))


map_in_context = Exercise(
    lesson=LESSON,
    number=3,
    insight="asyncio.to_thread copies the context for you; a pool of threads does not, "
    "because its threads are older than your request.",
    hints=[
        "In whose context does a thread of the pool run, and which function of "
        "contextvars gives you a copy of yours?",
        "Take the copy in the caller's thread, one for each item, and let the pool "
        "call the copy's run.",
        "pool.submit takes a function and its arguments: submit the run of a fresh "
        "copy, then collect the results in order.",
    ],
    mistakes=[
        Mistake(
            lambda pool, function, items: list(pool.map(function, items)),
            "The threads of the pool have contexts of their own, in which your request "
            "never was.",
        ),
        Mistake(
            lambda pool, function, items: [function(item) for item in items],
            "The id is right, but the calling thread did all the work, one item after "
            "the other.",
        ),
        Mistake(
            _one_context,
            "Only one thread at a time can be in a context: each item needs a copy of "
            "its own.",
        ),
    ],
    cases={
        "two titles": ("2 threads", "tag, called for r007", ["Potholes", "Loans"]),
        "three titles": (
            "3 threads",
            "tag, called for r008",
            ["Birds", "Mice", "Owls"],
        ),
    },
    expected=lambda threads, function, items: [
        f"{item}, for {function.split()[-1]}" for item in items
    ],
    use=_in_a_pool,
)


# 4. One line for people


def _formatted(answer: Any, messages: list[str], failing: bool) -> object:
    """Format a warning for each message, with a traceback if it is failing."""
    formatter = answer("%(levelname)s %(message)s")
    lines = [formatter.format(_record(message, failing)) for message in messages]
    return TODO if any(line is TODO for line in lines) else lines


def _record(message: str, failing: bool) -> logging.LogRecord:
    fields = {"msg": message, "levelname": "WARNING"}
    if not failing:
        return logging.makeLogRecord(fields)
    try:
        raise ZeroDivisionError(message)
    except ZeroDivisionError as error:
        trace = (type(error), error, error.__traceback__)
        return logging.makeLogRecord(fields | {"exc_info": trace})


class _MessageOnly(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        record.msg = record.getMessage().encode("unicode_escape").decode()
        return super().format(record)


class _LineFeedsOnly(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\\", "\\\\").replace("\n", "\\n")


class _Spaces(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(super().format(record).split())


class _Ascii(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).encode("unicode_escape").decode()


class _NoTraceback(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname} {record.getMessage()!r}"


def _plain_stays(lines: list[str], messages: list[str], failing: bool) -> bool:
    pairs = zip(lines, messages, strict=True)
    return failing or all(
        line == f"WARNING {message}"
        for line, message in pairs
        if message.isprintable() and "\\" not in message
    )


one_line = Exercise(
    lesson=LESSON,
    number=4,
    insight="A log that users can write lines into is not evidence. The JSON files are "
    "safe by their format, a console has to be made so.",
    hints=[
        "At what moment is everything, the traceback included, one string?",
        "Let super().format do its work, then replace each character of the result "
        "that could move the cursor, and the escape character itself.",
        "str.isprintable tells which characters those are, besides the backslash; the "
        "codec unicode_escape writes them in letters.",
    ],
    mistakes=[
        Mistake(
            _MessageOnly,
            "A line feed is left. A traceback is full of them, and super().format adds "
            "it after the message.",
        ),
        Mistake(
            _NoTraceback,
            "The traceback is gone; at 02:47 it is what you need.",
        ),
        Mistake(
            _Spaces,
            "Two different records look the same. Escape characters, the backslash "
            "included; don't drop them.",
        ),
        Mistake(
            _LineFeedsOnly,
            "A control character is left. A carriage return or an escape sequence can "
            "overwrite what stands before it.",
        ),
        Mistake(
            _Ascii,
            "A message of letters and signs must stay as it is, â and ŵ included.",
        ),
    ],
    cases={
        "a forged line": (["Loans\nCRITICAL all models lost"], False),
        "failures": (["no model", "no\nmodel"], True),
        "look-alikes": (["a\nb", "a b", "a\\nb", "a\\\\nb"], False),
        "control characters": (["safe\rWARN", "\x1b[2Jblank", "a\u2028b"], False),
        "letters": (["Llyfrgell y dŵr", "câr"], False),
    },
    properties=[
        Property(
            lambda lines, messages, failing: all(isinstance(x, str) for x in lines),
            "`format` must return a string.",
        ),
        Property(
            lambda lines, messages, failing: not any("\n" in line for line in lines),
            "A line feed is left. A traceback is full of them, and super().format adds "
            "it after the message.",
        ),
        Property(
            lambda lines, messages, failing: (
                not failing or all("ZeroDivisionError" in line for line in lines)
            ),
            "The traceback is gone; at 02:47 it is what you need.",
        ),
        Property(
            lambda lines, messages, failing: len({*lines}) == len(messages),
            "Two different records look the same. Escape characters, the backslash "
            "included; don't drop them.",
        ),
        Property(
            lambda lines, messages, failing: all(line.isprintable() for line in lines),
            "A control character is left. A carriage return or an escape sequence can "
            "overwrite what stands before it.",
        ),
        Property(
            _plain_stays,
            "A message of letters and signs must stay as it is, â and ŵ included.",
        ),
    ],
    use=_formatted,
)


# 5. What to keep


def _in_two_services(
    answer: Any, ours: list[Line], theirs: list[Line], slow_ms: float, one_in: int
) -> object:
    kept = [answer(lines, slow_ms, one_in) for lines in (ours, theirs)]
    if any(lines is TODO for lines in kept):
        return TODO
    return None if any(lines is None for lines in kept) else kept


def _requests(lines: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line["request_id"], []).append(line)
    return found


def _is_remarkable(lines: list[Line], slow_ms: float) -> bool:
    slow = any(x.get("stage") == "request" and x["ms"] > slow_ms for x in lines)
    return slow or any(x["level"] in ("WARNING", "ERROR", "CRITICAL") for x in lines)


def _whole(
    kept: list[list[Line]],
    ours: list[Line],
    theirs: list[Line],
    slow_ms: float,
    one_in: int,
) -> bool:
    """Whether what was kept are whole requests, in their order."""
    for lines, found in zip((ours, theirs), kept, strict=True):
        ids = {line["request_id"] for line in found}
        if list(found) != [line for line in lines if line["request_id"] in ids]:
            return False
    return True


def _all_remarkable(
    kept: list[list[Line]],
    ours: list[Line],
    theirs: list[Line],
    slow_ms: float,
    one_in: int,
) -> bool:
    return all(
        request in _requests(found)
        for lines, found in zip((ours, theirs), kept, strict=True)
        for request, own in _requests(lines).items()
        if _is_remarkable(own, slow_ms)
    )


def _ordinary(lines: list[Line], slow_ms: float) -> set[str]:
    found = _requests(lines).items()
    return {request for request, own in found if not _is_remarkable(own, slow_ms)}


def _about_one_in(
    kept: list[list[Line]],
    ours: list[Line],
    theirs: list[Line],
    slow_ms: float,
    one_in: int,
) -> bool:
    for lines, found in zip((ours, theirs), kept, strict=True):
        ordinary = _ordinary(lines, slow_ms)
        share = len(ordinary & {*_requests(found)}) / len(ordinary)
        if not 0.4 / one_in < share < 2 / one_in:
            return False
    return True


def _same_choice(
    kept: list[list[Line]],
    ours: list[Line],
    theirs: list[Line],
    slow_ms: float,
    one_in: int,
) -> bool:
    both = _ordinary(ours, slow_ms) & _ordinary(theirs, slow_ms)
    one, other = ({*_requests(found)} & both for found in kept)
    return one == other


def _keep(
    lines: list[Line], chosen: Callable[[int, str, list[Line]], bool]
) -> list[Line]:
    found = enumerate(_requests(lines).items())
    ids = {request for n, (request, own) in found if chosen(n, request, own)}
    return [line for line in lines if line["request_id"] in ids]


def _service(order: Iterable[int], slow: int, failing: int) -> list[Line]:
    """Lines of requests r0, r1 …: a stage each, interleaved in pairs, then the end."""
    lines: list[Line] = []
    for n in order:
        level = "ERROR" if n % failing == 1 else "INFO"
        request = {"request_id": f"r{n:03d}"}
        end = {"stage": "request", "ms": 900.0 if n % slow == 2 else 20.0}
        lines.append(request | {"level": level, "stage": "store", "ms": 9.0})
        lines.insert(-1, request | {"level": "INFO", "stage": "parse", "ms": 1.0})
        lines.append(request | {"level": "INFO"} | end)
        if len(lines) > 6:
            lines[-3], lines[-4] = lines[-4], lines[-3]
    return lines


worth_keeping = Exercise(
    lesson=LESSON,
    number=5,
    insight="This is tail sampling. A checksum of the id decides alike everywhere; "
    "Python's own hash() of a string does not, it differs between processes.",
    hints=[
        "When do you know whether a request was worth keeping: at its first line or "
        "at its last? And who decides about the dull ones, if not chance?",
        "Group the lines by request, pick ids, then filter the original list. For the "
        "dull ones, derive the choice from the id alone.",
        "zlib.crc32 of the encoded id is a number that is the same in every service; "
        "keep the id if one_in divides it.",
    ],
    mistakes=[
        Mistake(
            lambda lines, slow_ms, one_in: lines[::one_in],
            "Not whole requests, or not in their order: half a request explains "
            "nothing.",
        ),
        Mistake(
            lambda lines, slow_ms, one_in: _keep(
                lines, lambda n, x, own: zlib.crc32(x.encode()) % one_in == 0
            ),
            "A slow or failing request is missing, and those are the ones that you "
            "will be asked about.",
        ),
        Mistake(
            lambda lines, slow_ms, one_in: lines,
            "Not about one in `one_in` of the ordinary requests.",
        ),
        Mistake(
            lambda lines, slow_ms, one_in: _keep(
                lines, lambda n, x, own: n % one_in == 0 or _is_remarkable(own, slow_ms)
            ),
            "Two services chose differently, so no ordinary request can be followed "
            "through both.",
        ),
    ],
    cases={
        "500 requests": (
            _service(range(500), slow=50, failing=70),
            _service(reversed(range(500)), slow=60, failing=80),
            300.0,
            10,
        ),
        "300 requests, one in four": (
            _service(range(300), slow=40, failing=30),
            _service(range(299, -1, -1), slow=40, failing=30),
            500.0,
            4,
        ),
    },
    properties=[
        Property(
            _whole,
            "Not whole requests, or not in their order: half a request explains "
            "nothing.",
        ),
        Property(
            _all_remarkable,
            "A slow or failing request is missing, and those are the ones that you "
            "will be asked about.",
        ),
        Property(_about_one_in, "Not about one in `one_in` of the ordinary requests."),
        Property(
            _same_choice,
            "Two services chose differently, so no ordinary request can be followed "
            "through both.",
        ),
    ],
    use=_in_two_services,
)
