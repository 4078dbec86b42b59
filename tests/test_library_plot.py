"""The picture of a library."""

import json
from xml.etree import ElementTree as Xml

from reverie.cli.parser import main
from reverie.display.library_plot import library_graph, library_svg

PARTS = [
    {"name": "fn_0", "body": "(+ #0 #0)"},
    {"name": "fn_1", "body": '(< (fn_0 #0) "&")'},
    {"name": "fn_2", "body": "(fn_1 (fn_0 #0))"},
]
SVG = "{http://www.w3.org/2000/svg}"


def test_edges_lead_to_what_is_used():
    assert set(library_graph(PARTS).edges) == {
        ("fn_1", "fn_0"),
        ("fn_2", "fn_0"),
        ("fn_2", "fn_1"),
    }


def test_the_picture_says_what_it_shows():
    root = Xml.fromstring(library_svg(PARTS))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Library of 3 abstractions"
    assert "fn_2 = (fn_1 (fn_0 #0)); uses fn_0, fn_1." in (root.findtext(f"{SVG}desc") or "")
    assert len(root.findall(f"{SVG}path")) == 3
    assert len(root.findall(f"{SVG}g")) == 3


def test_an_empty_library_has_a_picture():
    assert "No abstraction was found." in library_svg([])


def test_the_command_line_draws_and_takes_equations(tmp_path, capsys):
    corpus, rules, picture = tmp_path / "c.json", tmp_path / "rules", tmp_path / "l.svg"
    corpus.write_text('["(f (+ a b))", "(g (+ b a))", "(h (+ a b))"]')
    rules.write_text("swap: (+ ?x ?y) => (+ ?y ?x)\n")
    options = ["--equations", str(rules), "--plot", str(picture), "--json"]
    assert main(["compress", str(corpus), *options]) == 0
    assert json.loads(capsys.readouterr().out)["num_abstractions"] == 1
    assert "<title" in picture.read_text()
    assert main(["compress", str(corpus), "--equations", str(rules)]) == 0
    assert "1 programs replaced" in capsys.readouterr().err
    rules.write_text("swap (+ ?x ?y) => (+ ?y ?x)\n")
    picture.unlink()
    assert main(["compress", str(corpus), *options]) == 2
    assert not picture.exists()
    assert f"{rules}, line 1, column 1" in capsys.readouterr().err
