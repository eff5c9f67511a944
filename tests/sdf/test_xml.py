"""SDF3 files: what is read is what stands there, what is written is read back, and what is wrong is refused by name."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from support.phased_graphs import cyclostatic, phased_graph

from snnmap.core.errors import InputError
from snnmap.sdf.xml import decode_sdf3, encode_sdf3, read_sdf3, write_sdf3

GRAPH = """<?xml version="1.0" encoding="UTF-8"?>
<sdf3 type="csdf" version="1.0">
  <applicationGraph name="app">
    <csdf name="small" type="Small">
      <actor name="a" type="A">
        <port name="o" type="out" rate="4*0,2*3"/>
        <port name="s" type="in" rate="1"/>
        <port name="t" type="out" rate="1"/>
      </actor>
      <actor name="b" type="B"><port type="in" name="i" rate=" 1 , 2 "/></actor>
      <channel name="ab" srcActor="a" srcPort="o" dstActor="b" dstPort="i" initialTokens="5" size="1"/>
      <channel name="aa" srcActor="a" srcPort="t" dstActor="a" dstPort="s" initialTokens="1"/>
    </csdf>
    <csdfProperties>
      <actorProperties actor="a">
        <processor type="arm"><executionTime time="99"/></processor>
        <processor type="dsp" default="true"><executionTime time="7,8"/><memory/></processor>
      </actorProperties>
      <actorProperties actor="b"><processor type="arm"><executionTime time="3"/></processor></actorProperties>
      <channelProperties channel="ab"><tokenSize sz="4"/></channelProperties>
      <graphProperties><timeConstraints><throughput>0.1</throughput></timeConstraints></graphProperties>
    </csdfProperties>
  </applicationGraph>
</sdf3>
"""


def test_what_stands_there_is_read():
    graph = decode_sdf3(GRAPH.encode())
    assert (graph.name, graph.actor, graph.channel) == ("small", ("a", "b"), ("ab", "aa"))
    assert graph.phases.tolist() == [6, 2]
    assert graph.time.tolist() == [7, 8, 7, 8, 7, 8, 3, 3]
    assert graph.production.tolist() == [0, 0, 0, 0, 3, 3, 1, 1, 1, 1, 1, 1]
    assert graph.consumption.tolist() == [1, 2, 1, 1, 1, 1, 1, 1]
    assert (graph.producer.tolist(), graph.consumer.tolist(), graph.tokens.tolist()) == ([0, 0], [1, 0], [5, 1])
    assert graph.remarks == ()


def test_what_does_not_count_is_said():
    text = GRAPH.replace('<tokenSize sz="4"/>', '<bufferSize sz="4"/>').replace(
        '<port type="in"', '<port name="spare" type="out" rate="1"/><port type="in"'
    )
    loose, sizes = decode_sdf3(text.encode()).remarks
    assert loose == "ports that no channel uses: 1, the first spare of b; their rates do not count"
    assert sizes.startswith("1 buffer sizes are stated and, as in SDF3's throughput analysis, do not count")


@settings(max_examples=60, deadline=None)
@given(cyclostatic())
def test_what_is_written_is_read_back(case):
    graph = phased_graph(*case, name="quotes \" ' < & > ü\n")
    back = decode_sdf3(encode_sdf3(graph))
    for field in fields(graph):
        assert np.array_equal(getattr(back, field.name), getattr(graph, field.name)), field.name


def test_encodings_that_xml_has(tmp_path):
    text = GRAPH.replace('"small"', '"größe"')
    for encoding in ("UTF-8", "ISO-8859-1", "UTF-16"):
        path = tmp_path / "g.xml"
        path.write_bytes(text.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding))
        assert read_sdf3(path).name == "größe"


LAUGHS = '<!DOCTYPE sdf3 [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE sdf3 [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
ACTOR_B = '<actorProperties actor="b"><processor type="arm"><executionTime time="3"/></processor></actorProperties>'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<sdf3 ", f"{LAUGHS}<sdf3 ", "declares a document type (<!DOCTYPE>), which is refused"),
        ("<sdf3 ", f"{OUTSIDE}<sdf3 ", "declares a document type (<!DOCTYPE>), which is refused"),
        ('name="small"', 'name="&a;"', "is not a whole XML file (undefined entity"),
        ("</csdf>", "", "is not a whole XML file (mismatched tag"),
        ("</sdf3>", "", "is not a whole XML file (no element found"),
        ('encoding="UTF-8"', 'encoding="EBCDIC-X"', "is not a whole XML file"),
        ('encoding="UTF-8"', 'encoding="utf-7"', "is not a"),
        ("sdf3", "graphml", "is no SDF3 file: its root is <graphml>, not <sdf3>"),
        ('type="csdf"', 'type="fsmsadf"', "holds a graph of type 'fsmsadf'; sdf and csdf are read"),
        ("csdf>", "hsdf>", "mismatched tag"),
        ("applicationGraph", "application", "holds no <sdf> or <csdf>"),
        ("<csdfProperties>", '<csdf name="two"/><csdfProperties>', "holds several graphs"),
        ('actor name="b"', 'actor name="a"', "has two actors called 'a'"),
        ('port name="s"', 'port name="o"', "has two ports called 'o' at actor 'a'"),
        ('name="aa"', 'name="ab"', "has two channels called 'ab'"),
        ('<actorProperties actor="b"', '<actorProperties actor="a"', "has properties of actor 'a' twice"),
        (
            '<actorProperties actor="b"',
            '<actorProperties actor="c"',
            "properties of an actor 'c' that the graph has not",
        ),
        (ACTOR_B, "", "states no execution time of actor 'b'"),
        (' default="true"', "", "several execution times of actor 'a' (arm, dsp); mark one processor default=\"true\""),
        ('type="arm"', 'type="arm" default="true"', "several execution times of actor 'a'"),
        ('type="in" rate="1"', 'type="inout" rate="1"', "says type 'inout' of port 's' of actor 'a'; in and out"),
        ('type="in" rate="1"', 'type="in"', "lacks the attribute 'rate' of port 's' of actor 'a'"),
        ('actor name="b"', "actor", "lacks the attribute 'name' of an <actor>"),
        ('<actorProperties actor="b"', f'<actorProperties actor="{"c" * 999}"', f"of an actor '{'c' * 30}...' that"),
        ('srcPort="o"', "", "lacks the attribute 'srcPort' of channel 'ab'"),
        ('srcActor="a" srcPort="t"', 'srcActor="z" srcPort="t"', "lets channel 'aa' end at 'z'; the graph has no such"),
        ('srcPort="t"', 'srcPort="u"', "lets channel 'aa' end at port 'u', which actor 'a' has not"),
        ('srcPort="t"', 'srcPort="s"', "lets channel 'aa' use port 's' of actor 'a' as out; it is in"),
        ('srcPort="t"', 'srcPort="o"', "joins both 'ab' and 'aa' to port 'o' of actor 'a'"),
        ('initialTokens="5"', 'initialTokens="-5"', "says initialTokens '-5' of channel 'ab'"),
        ('initialTokens="5"', 'initialTokens="1.5"', "says initialTokens '1.5' of channel 'ab'"),
        ('initialTokens="5"', 'initialTokens="1000000000001"', "a number from 0 to 1,000,000,000,000 is needed"),
        ('rate="4*0,2*3"', 'rate="1,2;3"', "has initial phases in the rate of port 'o' of actor 'a' ('1,2;3')"),
        ('time="7,8"', 'time="1;7,8"', "has initial phases in the execution time of actor 'a' ('1;7,8')"),
        ('rate="4*0,2*3"', 'rate="4*0,x"', "says '4*0,x' of the rate of port 'o' of actor 'a'; whole numbers"),
        ('rate="4*0,2*3"', 'rate="0*3,1"', "says '0*3,1' of the rate"),
        ('rate="4*0,2*3"', 'rate=""', "says '' of the rate"),
        ('rate="4*0,2*3"', 'rate="2,,3"', "says '2,,3' of the rate"),
        ('rate="4*0,2*3"', 'rate="٣"', "says '٣' of the rate"),
        ('rate="4*0,2*3"', 'rate="6*0"', "the rate of port 'o' of actor 'a' is always 0, so that channel 'ab'"),
        ('rate="4*0,2*3"', f'rate="{"1" * 5000}"', "says '111111111111111111111111111111...' of the rate"),
        ('rate="4*0,2*3"', 'rate="30000000*1"', "unfolds into 30,000,003 rates and times of phases or more"),
        ('rate="4*0,2*3"', 'rate="9999991*1"', "unfolds into 79,999,932 rates and times of phases; at most 20,000,000"),
        ('time="3"', 'time="2.5"', "says '2.5' of the execution time of actor 'b'; whole numbers"),
        ('time="3"', "", "lacks the attribute 'time' of the execution time of actor 'b'"),
    ],
)
def test_what_is_wrong_is_refused_by_name(old, new, said):
    assert old in GRAPH
    with pytest.raises(InputError) as raised:
        decode_sdf3(GRAPH.replace(old, new).encode(), "g.xml")
    assert str(raised.value).startswith("g.xml ")
    assert said in str(raised.value)
    assert len(str(raised.value)) < 300


def test_deep_and_empty_files_are_refused():
    deep = "<sdf3>" + "<x>" * 200_000 + "</x>" * 200_000 + "</sdf3>"
    with pytest.raises(InputError, match="holds no <sdf>"):
        decode_sdf3(deep.encode())
    with pytest.raises(InputError, match="no element found"):
        decode_sdf3(b"")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_sdf3(tmp_path / "none.xml")
    with pytest.raises(InputError, match="not a plain file"):
        read_sdf3(Path("/dev/null"))
    (tmp_path / "lfs.xml").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError, match="git lfs pull"):
        read_sdf3(tmp_path / "lfs.xml")


def test_what_cannot_be_written_is_refused(tmp_path):
    graph = phased_graph([[1]], [])
    with pytest.raises(InputError, match=r"must end in .xml"):
        write_sdf3(graph, tmp_path / "g.json")
    with pytest.raises(InputError, match="a character that XML cannot"):
        write_sdf3(phased_graph([[1]], [], name="\x00"), tmp_path / "g.xml")
    assert list(tmp_path.iterdir()) == []
    write_sdf3(graph, tmp_path / "g.xml")
    assert read_sdf3(tmp_path / "g.xml").actor == ("a0",)
