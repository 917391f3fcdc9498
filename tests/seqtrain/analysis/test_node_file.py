import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqmodel import ModelConfig
from seqtrain.analysis.node import Node, nodes_of
from seqtrain.analysis.node_file import TaggedNode, read_nodes, write_nodes

# In the form of published files, with tags of later versions.
PUBLISHED = [
    {
        "position": 18,
        "layer": 0,
        "is_head": True,
        "num": 3,
        "tags": ["Fail%:12", "Impact:A2", "Math.Sub:M0123", "Attn:P6=86", "Math.Sub:A0.MP.Weak", "Probe:A3.X=0.97"],
    },
    {"position": 18, "layer": 0, "is_head": False, "num": 0, "tags": []},
    {"position": 19, "layer": 1, "is_head": False, "num": 0, "tags": ["Algo:A7.STC", "Algo:A7.MTC.Weak"]},
]


def test_published_files_are_read_and_written_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "behaviors.json"
    path.write_text(json.dumps(PUBLISHED))
    nodes = read_nodes(path)
    assert [str(tagged.node) for tagged in nodes] == ["P18L0H3", "P18L0M0", "P19L1M0"]
    write_nodes(tmp_path / "again.json", nodes)
    assert (tmp_path / "again.json").read_text() == path.read_text()


def test_the_two_files_share_the_tags_of_a_node() -> None:
    tagged = TaggedNode(Node(18, 0, False, 3), ("Fail%:12", "Algo:A2.SA", "Algorithm:x"))
    assert tagged.tasks.tags == ("Algo:A2.SA",)
    assert tagged.behaviors.tags == ("Fail%:12", "Algorithm:x")


@given(st.integers(0, 99), st.integers(0, 12), st.booleans(), st.integers(0, 20))
def test_names_of_nodes_are_read_back(position: int, layer: int, is_mlp: bool, number: int) -> None:
    node = Node(position, layer, is_mlp, number)
    assert Node.parse(str(node)) == node


def test_all_nodes_are_listed_in_order() -> None:
    nodes = nodes_of(ModelConfig(layers=2, heads=2), range(3))
    assert nodes == sorted(nodes)
    assert len(nodes) == 3 * 2 * 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is no JSON"),
        ("{}", "expected a list of nodes, got dict"),
        ('[{"position": 1}]', "node 0: .* is no node: it needs position, layer, is_head, num, tags"),
        ('[{"position": -1, "layer": 0, "is_head": true, "num": 0, "tags": []}]', "position=-1"),
        ('[{"position": 1, "layer": 0, "is_head": 1, "num": 0, "tags": []}]', "is_head=1: expected true or false"),
        ('[{"position": 1, "layer": 0, "is_head": true, "num": 0, "tags": ["x"]}]', "expected a list of texts"),
        (json.dumps([PUBLISHED[1], PUBLISHED[1]]), "P18L0M0 stands there twice"),
    ],
)
def test_what_is_no_node_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "features.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        read_nodes(path)


def test_what_is_no_node_is_refused() -> None:
    with pytest.raises(ValueError, match="'P1H2' is no node"):
        Node.parse("P1H2")
