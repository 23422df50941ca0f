"""The pictures of the architecture show what the code says: `make diagram` draws them anew."""

import re
from itertools import pairwise

import diagram
import pytest
import rooms

FILES = {name: diagram.FIGURES / f"{name}.svg" for name in diagram.PICTURES}


def test_the_picture_of_rooms_is_that_of_the_code():
    rows, edges = diagram.of_rooms()
    nodes = {room for row in rows for room in row}
    assert diagram.shown(FILES["architecture"]) == (nodes, edges), "run `make diagram`"


def test_reduction_leaves_out_what_a_longer_way_says():
    chain = {("a", "b"), ("b", "c"), ("c", "d")}
    assert rooms.reduced(chain | {("a", "c"), ("a", "d"), ("b", "d")}) == chain
    assert rooms.reduced(chain | {("e", "d")}) == chain | {("e", "d")}


def test_imports_of_rules_and_scripts_are_found():
    of_workflow = {other for one, other in rooms.imports() if one == "workflow"}
    assert {"config", "pruning", "simulation", "registry"} <= of_workflow
    assert ("experiments", "mnist") in rooms.imports()


def test_layers_begin_with_what_needs_nothing():
    rows, edges = diagram.layered({("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")})
    assert rows == [["a", "d"], ["b"], ["c"]]
    assert edges == {("a", "b"), ("b", "c"), ("d", "c")}


def test_things_keep_their_order_and_do_not_touch():
    found = diagram.apart([(0.0, "left"), (0.0, "middle"), (500.0, "right")])
    left, middle, right = found.values()
    assert middle - left == pytest.approx(diagram.half("left") + diagram.half("middle"))
    assert left + middle == pytest.approx(diagram.half("left") - diagram.half("middle"), abs=20)
    assert right == 500


@pytest.mark.parametrize("name", FILES)
def test_a_picture_is_drawn_without_a_network_and_no_boxes_overlap(name):
    text = FILES[name].read_text(encoding="utf-8")
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    boxes = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', text)
    assert len(boxes) == len(diagram.shown(FILES[name])[0])
    found = sorted((float(y), float(x), float(width)) for x, y, width in boxes)
    for (y, x, width), (below, after, _) in pairwise(found):
        assert y < below or x + width < after
