"""Logs of a run: the logging module, CSV, TensorBoard."""

from __future__ import annotations

import csv
import logging
import sys
from pathlib import Path

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.display.logs import CsvLog, TensorBoardLog

DOMAIN = rv.domains.list.domain
REQUEST = "list(int) -> list(int)"


def task(k: int) -> rv.Task:
    rows = [[1, 2], [], [5, 0, 7]]
    return rv.Task(f"=add {k}\n,", REQUEST, [((row,), [x + k for x in row]) for row in rows])


TASKS = [task(k) for k in (1, 2, 3)]


def learn(**options: object) -> rv.Run:
    chosen = {
        "tasks": TASKS,
        "iterations": 2,
        "budget": 20_000,
        "pseudo_counts": 1.0,
        "recognition": False,
        **options,
    }
    return rv.learn(DOMAIN, **chosen)  # type: ignore[arg-type]


def test_csv_and_logging(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "log.csv"
    with caplog.at_level(logging.DEBUG, "reverie.display.logs"):
        run = learn(callbacks=[CsvLog(path)])
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CsvLog.HEAD
    searched = [row for row in rows if row["event"] == "task"]
    assert sorted(row["task"] for row in searched) == sorted([t.name for t in TASKS] * 2)
    assert {row["task"] for row in searched if row["solved"] == "True"} == set(run.solved)
    done = [row for row in rows if row["event"] == "done" and row["phase"] == "wake"]
    assert [int(row["known"]) for row in done] == [i.known for i in run.history]
    savings = [float(row["value"]) for row in rows if row["name"] == "saving"]
    assert savings == list(run.savings.values())
    levels = {record.levelname for record in caplog.records}
    assert levels == {"INFO", "DEBUG"}
    assert any("'phase': 'wake'" in record.getMessage() for record in caplog.records)


def test_csv_goes_on_and_leaves_other_files_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    for _ in range(2):
        learn(callbacks=[CsvLog(path)], iterations=1, budget=100)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("time,") for line in lines) == 1
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(rv.ReverieError, match="is no log of a run"):
        CsvLog(other)
    other.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(rv.ReverieError, match="is no CSV file"):
        CsvLog(other)
    assert other.read_bytes() == b"\xff\xfe\x00"
    with pytest.raises(rv.ReverieError, match="cannot write to"):
        CsvLog(tmp_path / "none" / "log.csv")
    CsvLog(tmp_path / "empty.csv").close()
    assert not (tmp_path / "empty.csv").exists()


def test_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = learn(callbacks=[TensorBoardLog(tmp_path / "logs")])
    read = EventAccumulator(str(tmp_path / "logs"))
    read.Reload()
    tags = read.Tags()
    assert {"tasks/known", "rounds/solved", "seconds/wake"} <= set(tags["scalars"])
    known = [event.value for event in read.Scalars("rounds/known")]
    assert known == [i.known for i in run.history]
    assert "library/text_summary" in tags["tensors"]


def test_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = [
        "run",
        "list",
        "--iterations",
        "1",
        "--budget",
        "20",
        "--workers",
        "1",
        "-q",
        "--no-recognition",
    ]
    path = tmp_path / "log.csv"
    assert main([*run, "--out", str(tmp_path / "run"), "--log-csv", str(path)]) == 0
    assert path.read_text(encoding="utf-8").startswith("time,iteration,")
    other = tmp_path / "other.csv"
    other.write_text("mine")
    capsys.readouterr()
    assert main([*run, "--out", str(tmp_path / "a"), "--log-csv", str(other)]) == 2
    assert "is no log of a run" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert main([*run, "--out", str(tmp_path / "b"), "--tensorboard", str(tmp_path / "t")]) == 2
    assert "pip install 'reverie[tensorboard]'" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()
    assert other.read_text() == "mine"
