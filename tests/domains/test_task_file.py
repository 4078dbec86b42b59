"""Task files: every form that is read, every way in which one can be wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.domains.task_files.sygus import read_sygus
from reverie.domains.task_files.task_file import InvalidTaskFile, read_tasks, write_tasks
from reverie.dsl.tasks.task import InvalidTask, Task

TASK: dict[str, Any] = {
    "name": "add one",
    "request": "list(int) -> list(int)",
    "examples": [{"inputs": [[1, 2]], "output": [2, 3]}],
    "held_out": [{"inputs": [[5]], "output": [6]}],
    "source": "here",
}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to_file(content: Any, name: str = "tasks.json") -> Path:
        path = tmp_path / name
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def flat(task: Task) -> tuple[Any, ...]:
    return task.name, task.request, task.examples, task.held_out, dict(task.extra)


# ---- the forms that are read ---------------------------------------------------------------------


def test_the_own_form(write: Any) -> None:
    (task,) = read_tasks(write([TASK]))
    assert (task.name, str(task.request)) == ("add one", "list(int) -> list(int)")
    assert task.examples[0].inputs == ([1, 2],)
    assert task.held_out[0].output == [6]
    assert dict(task.extra) == {"source": "here"}


@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.json", "tasks"])
def test_json_lines(write: Any, name: str) -> None:
    lines = [json.dumps(TASK | {"name": n}, ensure_ascii=False) for n in ("one", "a\u2028b")]
    assert [t.name for t in read_tasks(write("\n\n".join(lines), name))] == ["one", "a\u2028b"]


def test_a_single_task_and_a_byte_order_mark(write: Any) -> None:
    assert len(read_tasks(write("\ufeff" + json.dumps(TASK)))) == 1


@pytest.mark.parametrize("key", ["goal_blocks", "goal_program", "goal_image", "strings"])
def test_a_goal_takes_the_place_of_examples(write: Any, key: str) -> None:
    (task,) = read_tasks(write([{"name": "a", "request": "tower -> tower", key: [[0, 1, 3]]}]))
    assert task.examples == ()
    assert task.extra[key] == [[0, 1, 3]]


def test_arc_grids(write: Any) -> None:
    pair = {"input": [[1, 2], [3, 4]], "output": [[4, 3]]}
    unknown = {"input": [[1]]}
    (task,) = read_tasks(write({"train": [pair], "test": [pair, unknown]}, "0ca9.json"))
    assert (task.name, str(task.request)) == ("0ca9", "list(list(int)) -> list(list(int))")
    assert task.held_out == task.examples


def test_arc_in_one_dimension(write: Any) -> None:
    pair = {"input": [[0, 2, 0]], "output": [[0, 0, 2]]}
    (task,) = read_tasks(write({"train": [pair], "test": [pair]}))
    assert str(task.request) == "list(int) -> list(int)"
    assert task.examples[0].inputs == ([0, 2, 0],)


def test_arc_collections(write: Any) -> None:
    pair = {"input": [[0, 2]], "output": [[2]]}
    tasks = read_tasks(write({"first": {"train": [pair]}, "second": {"train": [pair]}}))
    assert [t.name for t in tasks] == ["first", "second"]


def test_dreamcoder_lists(write: Any) -> None:
    content = [
        {
            "name": "count",
            "type": {"input": "list-of-int", "output": "int"},
            "examples": [{"i": [1, 1], "o": 2}],
        },
        {
            "name": "flags",
            "type": {"input": "int", "output": "list-of-list-of-bool"},
            "examples": [{"i": 1, "o": [[True]]}],
        },
    ]
    first, second = read_tasks(write(content))
    assert str(first.request) == "list(int) -> int"
    assert first.examples[0].inputs == ([1, 1],)
    assert str(second.request) == "int -> list(list(bool))"


@pytest.mark.parametrize(
    ("pairs", "request_"),
    [
        ([([], []), ([1], [2])], "list(int) -> list(int)"),
        ([([], [])], "list(int) -> list(int)"),
        ([(1, 1), (2, 0.5)], "int -> real"),
        ([("a", True)], "str -> bool"),
        ([([[]], 1), ([[2.5]], 2)], "list(list(real)) -> int"),
    ],
)
def test_list_functions(write: Any, pairs: list[tuple[Any, Any]], request_: str) -> None:
    content = {"id": "c001", "data": [{"i": i, "o": o} for i, o in pairs]}
    (task,) = read_tasks(write(content))
    assert (task.name, str(task.request)) == ("c001", request_)
    assert len(task.examples) == len(pairs)


def test_a_folder(write: Any) -> None:
    write({"data": [{"i": 1, "o": 2}]}, "b.json")
    write([TASK], "a.json")
    write("not a task", "notes.txt")
    assert [t.name for t in read_tasks(write([], "notes.txt").parent)] == ["add one", "b"]


SYGUS = r"""; a comment (with a parenthesis
(set-logic SLIA)
(synth-fun f ((a String) (n Int)) String ((Start String (a "" " " (str.++ Start Start)))))
(declare-var a String)
(constraint (= (f "say ""hi"", ; no" (- 3)) "\u{48}\x69"))
(constraint (= "b" (f "" 12)))
(check-synth)
"""


def test_sygus(write: Any) -> None:
    (task,) = read_tasks(write(SYGUS, "quotes.sl"))
    assert (task.name, str(task.request)) == ("quotes", "str -> int -> str")
    assert task.examples[0].inputs == ('say "hi", ; no', -3)
    assert [e.output for e in task.examples] == ["Hi", "b"]
    assert flat(read_sygus(SYGUS, "quotes")) == flat(task)


@pytest.mark.parametrize(
    ("signature", "constraints", "examples"),
    [
        ("c () Int", ["(= c 3)"], [((), 3)]),
        ("c () Int", ["(= (- 3) c)"], [((), -3)]),
        ("c () Bool", ["c"], [((), True)]),
        ("f ((x Int)) Int", ["(and (= (f 1) 2) (= 4 (f 3)))"], [((1,), 2), ((3,), 4)]),
        (
            "f ((x Int)) Int",
            ["(and (and (= (f 1) 2) (= (f 3) 4)) (= (f 5) 6))"],
            [((1,), 2), ((3,), 4), ((5,), 6)],
        ),
        (
            "p ((x Int) (y Int)) Bool",
            ["(= (p 2 1) true)", "(p 5 3)", "(not (p 1 2))", "(not (= (p 1 3) true))"],
            [((2, 1), True), ((5, 3), True), ((1, 2), False), ((1, 3), False)],
        ),
        ("p ((x Int)) Bool", ["(and (p 1) (not (not (p 2))))"], [((1,), True), ((2,), True)]),
        ("f ((x Real)) Real", ["(= (f (/ 1 2)) (- 0.5))"], [((0.5,), -0.5)]),
    ],
)
def test_sygus_examples_are_written_in_several_ways(
    signature: str, constraints: list[str], examples: list[tuple[tuple[Any, ...], Any]]
) -> None:
    text = "".join(f"(constraint {c})" for c in constraints)
    task = read_sygus(f"(synth-fun {signature}) {text}", "t")
    assert [(e.inputs, e.output) for e in task.examples] == examples


@pytest.mark.parametrize(
    ("signature", "constraint", "message"),
    [
        ("f ((x (BitVec 64))) Int", "", r"the sort \(BitVec 64\) is not known"),
        ("f ((x Int)) (_ BitVec 64)", "", r"the sort \(_ BitVec 64\) is not known"),
        ("f ((x (Array Int (Array Int Int)))) Int", "", r"the sort \(Array Int \.\.\.\) is not"),
        ("c () Int", "(= (c) 3)", r"\(= c output\)"),
        ("c () Int", "c", "not an example"),
        ("f ((x Int)) Int", "(f 1)", "not an example"),
        ("f ((x Int)) Int", "(not (= (f 1) 2))", "not an example"),
        ("f ((x Int)) Int", "(and)", "not an example"),
        ("f ((x Int)) Int", "(= (f 1) (f 2))", "not an example"),
        ("f ((x Int)) Int", "(or (= (f 1) 2) (= (f 1) 3))", "not an example"),
        ("p ((x Int)) Bool", "(not (and (p 1) (p 2)))", "not an example"),
        ("f ((x Int)) Int", "", "not an example"),
        ("f ((x Int)) Int", "(and " * 5000 + "1" + ")" * 5000, "not an example"),
    ],
)
def test_what_sygus_states_otherwise_is_refused(
    signature: str, constraint: str, message: str
) -> None:
    with pytest.raises(InvalidTaskFile, match=message):
        read_sygus(f"(synth-fun {signature})\n(constraint {constraint})", "t")


def test_sygus_other_sorts() -> None:
    text = "(synth-fun p ((x Real) (b Bool)) Bool) (constraint (= (p 1.5 true) false))"
    task = read_sygus(text, "p")
    assert str(task.request) == "real -> bool -> bool"
    assert task.examples[0].inputs == (1.5, True)
    assert task.examples[0].output is False


# ---- writing -------------------------------------------------------------------------------------

values = st.recursive(
    st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(
    st.lists(st.tuples(values, values), min_size=1, max_size=4), st.sampled_from(["json", "jsonl"])
)
def test_writing_then_reading_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[Any, Any]], suffix: str
) -> None:
    task = Task("a", "t0 -> t1", [((i,), o) for i, o in pairs], [((1,), 2)], {"note": ["x", {}]})
    other = Task("b", "str -> pair(int, list(char))", [(("x",), (1, "yz"))])
    path = tmp_path_factory.mktemp("tasks") / f"tasks.{suffix}"
    write_tasks([task, other], path)
    assert list(map(flat, read_tasks(path))) == [flat(task), flat(other)]


def test_what_json_cannot_hold_is_not_written(tmp_path: Path) -> None:
    task = Task("drawing", "turtle -> turtle", [((object(),), frozenset())])
    with pytest.raises(InvalidTask, match="'drawing' cannot be written"):
        write_tasks([task], tmp_path / "tasks.json")


# ---- what can be wrong ---------------------------------------------------------------------------


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in TASK.items() if k != key}


EXAMPLE = TASK["examples"][0]

WRONG: list[tuple[Any, list[str]]] = [
    ("", ["the file is empty"]),
    (" \n", ["the file is empty"]),
    ("[]", ["there are no tasks"]),
    ("[{]", ["not JSON", "line 1, column 3"]),
    ('[\n {"name": nope}]', ["not JSON", "line 2, column 11"]),
    (json.dumps(TASK) + "\n{oops\n", ["not JSON", "line 2, column 2"]),
    ("[" * 100_000, ["nest too deeply"]),
    ("[" + "9" * 5000 + "]", ["digits"]),
    ("3", ["found 3, where an array of tasks should be"]),
    ([1], ["task 1: found 1, where a task should be"]),
    ([TASK, without("name")], ["task 2", 'no key "name"']),
    ([without("request")], ["task 1 ('add one')", 'no key "request"']),
    ([without("examples")], ["task 1 ('add one')", 'no key "examples"']),
    ([without("examples") | {"exmples": []}], ["exmples"]),
    ([TASK | {"name": 7}], ['key "name" should be text, but it is 7']),
    ([TASK | {"name": " "}], ["the name is empty"]),
    ([TASK | {"request": ["int"]}], ['key "request" should be a type as text']),
    ([TASK | {"examples": {}}], ['key "examples" should be an array of examples']),
    ([TASK | {"examples": []}], ["no examples"]),
    ([TASK | {"request": "list(int -> int"}], ['"request" is not a type', "list(int -> int"]),
    ([TASK | {"request": "list -> int"}], ["list takes 1 type argument, not 0"]),
    ([TASK | {"request": "int(bool) -> int"}], ["int takes 0 type arguments, not 1"]),
    ([TASK | {"examples": [EXAMPLE, 5]}], ["example 2: found 5"]),
    ([TASK | {"examples": [{"input": [1], "output": 2}]}], ['no key "inputs"', "'input'"]),
    ([TASK | {"examples": [{"inputs": 1, "output": 2}]}], ["example 1", "[value]"]),
    ([TASK | {"examples": [EXAMPLE, {"inputs": [[1]], "output": "x"}]}],
     ["task 'add one', example 2", "'x' is not of type list(int)"]),
    ([TASK | {"examples": [{"inputs": [[1], 2], "output": []}]}],
     ["takes 1 argument,", "2 inputs"]),
    ([TASK | {"held_out": [{"inputs": [[1]]}]}], ["held-out example 1", 'no key "output"']),
    ([TASK, TASK], ["task 2", "the name 'add one' is taken by", "task 1"]),
    ({"train": [{"input": [[1]]}]}, ['"train", example 1', 'no key "output"']),
    ({"train": [{"input": 1, "output": [[1]]}]}, ["a grid of an ARC task"]),
    ({"train": []}, ["no examples"]),
    ({"train": ["abc"]}, ["\"train\", example 1: found 'abc'"]),
    ([{"name": "a", "type": {"input": "int"}, "examples": []}], ['"type" has no text "output"']),
    ([{"name": "a", "type": {"input": "int", "output": "?"}, "examples": []}], ["not a type"]),
    ({"id": "c", "data": [{"i": 1, "o": 2}, {"i": "a", "o": 2}]}, ["no common type"]),
    ({"id": "c", "data": 5}, ['"data" should be an array']),
    ({"id": "c", "data": [{"i": None, "o": 2}]}, ["None is no number"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "parts"), WRONG, ids=lambda value: repr(value)[:40])
def test_a_fault_is_named_with_its_place(write: Any, content: Any, parts: list[str]) -> None:
    path = write(content)
    with pytest.raises(InvalidTaskFile) as caught:
        read_tasks(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("(synth-fun f ((x String)) String)", "no examples"),
        ("(check-synth)", "found 0 synth-fun commands"),
        ("(synth-fun f)", "line 1: this synth-fun has no signature"),
        ("(synth-fun f ((x (BitVec 8))) Int)", "the sort (BitVec 8) is not known"),
        ("(synth-fun f ((x Float)) Int)", "the sort Float is not known"),
        ("(synth-fun f ((x Int)) Int)\n(constraint (> (f 1) 2))", "line 2: this constraint is not"),
        ("(synth-fun f ((x Int)) Int)\n(constraint (= (f x) 2))", "line 2: this constraint is not"),
        ("(synth-fun f ((x Int)) Int)\n(constraint (= (f 1) (g 2)))", "line 2: this constraint"),
        ("(synth-fun f ((x Int)) Int) (constraint (= (f 1) 2)", "not a SyGuS problem"),
        ('(synth-fun f ((x Int)) Int) (constraint (= (f 1) "2))', "not a SyGuS problem"),
        ("(synth-fun f ((x Int)) Int)\n(constraint (= (f 1 2) 3))", "takes 1 argument,"),
    ],
)
def test_a_fault_in_sygus_is_named_with_its_place(write: Any, text: str, part: str) -> None:
    path = write(text, "problem.sl")
    with pytest.raises(InvalidTaskFile) as caught:
        read_tasks(path)
    assert str(caught.value).startswith(str(path))
    assert part in str(caught.value)


def test_files_that_cannot_be_read(write: Any, tmp_path: Path) -> None:
    write([TASK], "tasks.json")
    with pytest.raises(InvalidTaskFile, match="did you mean 'tasks"):
        read_tasks(tmp_path / "task.json")
    (tmp_path / "binary.json").write_bytes(b"[\xff]")
    with pytest.raises(InvalidTaskFile, match="not UTF-8"):
        read_tasks(tmp_path / "binary.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidTaskFile, match="no task files in this folder"):
        read_tasks(tmp_path / "folder")


# ---- the benchmark data --------------------------------------------------------------------------


def test_the_benchmark_tasks_are_read(data: Path) -> None:
    paths = (data / "tasks").glob("*.json")
    counts = {p.stem: len(read_tasks(p)) for p in paths if p.stem != "cascades"}  # no table
    assert counts["list"] == 217
    assert counts["origami"] == 20
    assert counts["text"] == 128
    assert all(task.held_out for task in read_tasks(data / "tasks" / "arc1d.json"))


def test_the_benchmark_strings_are_read(data: Path) -> None:
    tasks = []
    for path in (data / "sygus").glob("*.sl"):
        if path.stem == "max3":
            with pytest.raises(InvalidTaskFile, match="is not an example"):
                read_tasks(path)
        else:
            tasks += read_tasks(path)
    assert len(tasks) == 36
    assert {str(t.request) for t in tasks} == {"str -> str", "str -> str -> str"}
