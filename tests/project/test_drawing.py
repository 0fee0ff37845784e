from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from merge.model import JSON
from merge.project.drawing import Drawing, draw_scenes, short_address
from merge.project.drawing.clips import outline
from merge.project.drawing.svg import color, escaped, figure, paint
from merge.project.text_width import TOLERANCE, text_width

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = [
    "Line_v2",
    "Arrow_1_v2",
    "Arrow_2_v2",
    "Circle",
    "Triangle",
    "Square",
    "Parallelogram",
    "Drop_1",
    "Polygon",
    "Pentagon",
    "Oval_1",
    "Oval_2",
    "Hexagon_1",
    "Hexagon_2",
    "Diamond",
    "Star",
    "Rectangle_corner0",
]


def _draw(*clips: dict[str, JSON], orientation: str = "landscape", background: JSON = None) -> Drawing:
    scene: JSON = {"sceneIdx": 0, "background": background, "clips": list(clips)}
    [drawing] = draw_scenes({"orientation": orientation, "scenes": [scene]})
    return drawing


def _svg(drawing: Drawing) -> str:
    """The drawing with the row's texts filled in, like the page's script does it."""

    def text(found: re.Match[str]) -> str:
        place = {name: float(value) for name, value in re.findall(r' ([xy])="([\d.-]+)"', found[3])}
        lines = enumerate(drawing.fills[int(found[1])].split("\n"))
        spans = (
            f'<tspan x="{figure(place["x"])}" y="{figure(place["y"] + float(found[2]) * number)}">'
            f"{escaped(line)}</tspan>"
            for number, line in lines
        )
        return f"<text{found[3]}>{''.join(spans)}</text>"

    slot = r'<text data-slot="(\d+)" data-step="([\d.-]+)"([^<>]*)></text>'
    return re.sub(slot, text, drawing.layout)


def _tree(drawing: Drawing) -> etree._Element:
    return etree.fromstring(_svg(drawing).encode())


def _words(element: etree._Element) -> str:
    return "".join(str(text) for text in element.itertext())


def _all(drawing: Drawing, name: str) -> list[etree._Element]:
    return list(_tree(drawing).iter(f"{SVG}{name}"))


def _text(words: str, **fields: JSON) -> dict[str, JSON]:
    return {"type": "textImage", "text": words, "left": 100, "top": 50, "width": 600, "height": 200, **fields}


def test_the_canvas_has_the_projects_orientation() -> None:
    """Landscape is 1920 by 1080 pixels, portrait 1080 by 1920."""
    assert _tree(_draw()).get("viewBox") == "0 0 1920 1080"
    portrait = _tree(_draw(orientation="portrait"))
    assert (portrait.get("viewBox"), portrait.get("class")) == ("0 0 1080 1920", "upright")


def test_layers_are_drawn_from_back_to_front() -> None:
    """A higher layer is drawn and listed later."""
    drawing = _draw(_text("front", layer=9), _text("back", layer=1), _text("middle", layer=2.5))
    assert [_words(text) for text in _all(drawing, "text")] == ["back", "middle", "front"]
    assert [part.words for part in drawing.parts if part.kind == "text"] == ["back", "middle", "front"]


def test_a_clip_keeps_its_position_angle_scale_and_opacity() -> None:
    """All four are taken from the clip."""
    drawing = _draw(_text("x", angle=30, scaleX=0.5, scaleY=2, opacity=40))
    [group] = [each for each in _all(drawing, "g") if each.get("class") == "words"]
    assert group.get("transform") == "translate(100 50)rotate(30)scale(0.5 2)"
    assert group.get("opacity") == "0.4"


@pytest.mark.parametrize(
    ("align", "anchor", "x"),
    [
        ("left", "start", "0"),
        ("center", "middle", "300"),
        ("right", "end", "600"),
        ("none such", "start", "0"),
    ],
)
def test_text_has_its_size_color_and_alignment(align: str, anchor: str, x: str) -> None:
    """One point is four thirds of a pixel."""
    [text] = _all(_draw(_text("Hello", fontSize=30, fill="#ff0000", align=align)), "text")
    assert (text.get("font-size"), text.get("fill")) == ("40", "#ff0000")
    assert (text.get("text-anchor"), text[0].get("x")) == (anchor, x)


def test_text_is_wrapped_to_its_box() -> None:
    """Line breaks in the text are kept as well."""
    [text] = _all(_draw(_text("one two three four five six seven eight\nnine", fontSize=60)), "text")
    lines = [_words(line) for line in text]
    assert lines[-1] == "nine"
    assert " ".join(lines) == "one two three four five six seven eight nine"
    assert all(80 * text_width(line) <= 600 * TOLERANCE for line in lines)
    assert [float(line.get("y") or 0) for line in text] == sorted(float(line.get("y") or 0) for line in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("<p>A &amp; <span style='x'>B</span></p>", "A & B", id="the editor's tags"),
        pytest.param("<p>&lt;b&gt; C</p>", "<b> C", id="tags from a cell, escaped"),
        pytest.param("<script>alert(1)</script>", "<script>alert(1)</script>", id="other tags"),
        pytest.param("R&amp;D", "R&amp;D", id="plain text"),
        pytest.param("1 < 2 > 0", "1 < 2 > 0", id="signs"),
    ],
)
def test_markup_in_a_text_is_not_shown(text: str, shown: str) -> None:
    """The editor's tags and entities are interpreted; everything else is text."""
    assert [part.words for part in _draw(_text(text)).parts if part.kind == "text"] == [shown]


AVATAR: dict[str, JSON] = {
    "type": "aiModel", "left": 1000, "top": 100, "width": 600, "height": 2000, "layer": 1,
    "model": {
        "ai_name": "M1",
        "editor": {
            "headCenterX": 400, "headCenterY": 250, "headWidth": 180, "headHeight": 200,
            "modelTightX": 100, "modelTightY": 150,
        },
    },
}  # fmt: skip


def test_an_avatar_is_a_figure_at_its_position() -> None:
    """The editor's head box is relative to the clip's corner."""
    [head] = _all(_draw(AVATAR), "ellipse")
    assert (head.get("cx"), head.get("cy")) == ("300", "100")
    assert _all(_draw(AVATAR), "circle") == []


@pytest.mark.parametrize(
    "head_only", [{"effects": [{"type": "head-only"}]}, {"headOnly": True}], ids=["effect", "field"]
)
def test_a_head_only_avatar_is_a_circle(head_only: dict[str, JSON]) -> None:
    """The circle is centered on the head."""
    drawing = _draw({**AVATAR, **head_only})
    [circle] = _all(drawing, "circle")
    assert (circle.get("cx"), circle.get("cy"), circle.get("r")) == ("300", "100", "220")
    assert [part.kind for part in drawing.parts if part.kind != "background"] == ["head"]


def test_a_voice_only_avatar_is_listed_but_not_drawn() -> None:
    """The drawing names the avatar that is heard without being seen."""
    drawing = _draw({**AVATAR, "voiceOnly": True})
    assert (_all(drawing, "ellipse"), [part.kind for part in drawing.parts][-1]) == ([], "voice")


@pytest.mark.parametrize(
    "editor",
    [
        pytest.param(None, id="none"),
        pytest.param({"headCenterX": "a", "headCenterY": True}, id="of other kinds"),
        pytest.param(
            dict.fromkeys(("headCenterX", "headCenterY", "headWidth", "headHeight"), 1e9), id="huge"
        ),
    ],
)
def test_an_unknown_head_position_gets_a_default(editor: JSON) -> None:
    """Without the editor's boxes the head is at the top center."""
    [head] = _all(_draw({**AVATAR, "model": {"ai_name": "M1", "editor": editor}}), "ellipse")
    assert (head.get("cx"), 0 < float(head.get("cy") or 0) < 300) == ("300", True)


@pytest.mark.parametrize(
    ("background", "fill"),
    [
        pytest.param(
            {"source_type": "color", "source_color": "rgb(54,188,37)"}, "rgb(54,188,37)", id="color"
        ),
        pytest.param({"source_type": "color", "source_color": "url(evil)"}, "#ffffff", id="invalid color"),
        pytest.param(None, "#ffffff", id="none"),
    ],
)
def test_the_background_has_its_color(background: JSON, fill: str) -> None:
    """An invalid color becomes white."""
    assert _all(_draw(background=background), "rect")[0].get("fill") == fill


def test_a_gradient_is_drawn() -> None:
    """Its direction and stops are those of the project."""
    drawing = _draw(
        background={"source_type": "color", "source_color": "linear-gradient(90deg, #fff 0%, red 40%)"}
    )
    [gradient] = _all(drawing, "linearGradient")
    assert (gradient.get("x1"), gradient.get("x2")) == ("0", "1")
    assert [(stop.get("offset"), stop.get("stop-color")) for stop in gradient] == [
        ("0%", "#fff"),
        ("40%", "red"),
    ]
    assert _all(drawing, "rect")[0].get("fill") == f"url(#{gradient.get('id')})"


@pytest.mark.parametrize(
    ("clip", "kind", "address"),
    [
        pytest.param(
            {"type": "image", "source_url": "https://a.example/x/logo.png?v=1"},
            "picture",
            "logo.png",
            id="image",
        ),
        pytest.param(
            {"type": "videoImage", "video_url": "https://a.example/tour.mp4"}, "video", "tour.mp4", id="video"
        ),
    ],
)
def test_pictures_and_videos_are_frames_with_their_url(
    clip: dict[str, JSON], kind: str, address: str
) -> None:
    """Nothing is downloaded: the frame names the kind of media and its URL."""
    drawing = _draw({**clip, "left": 10, "top": 10, "width": 800, "height": 400})
    [frame] = [each for each in _all(drawing, "g") if (each.get("class") or "").startswith("frame")]
    assert frame.get("class") == f"frame {kind}"
    assert drawing.fills[int(frame.get("data-address") or -1)] in clip.values()
    assert _words(frame) == address
    assert _all(drawing, "image") == []


def test_a_long_url_fits_its_frame() -> None:
    """The end of the file name is shown, because it distinguishes files."""
    assert short_address(f"https://a.example/{'long-' * 20}final.mp4", 12) == "…g-final.mp4"
    assert short_address("https://a.example/") == "a.example"


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_stays_within_its_box(name: str) -> None:
    """The shapes have the names that AI Studios uses."""
    path = outline(name, 300, 200)
    assert path != outline("no such shape", 300, 200) or name.startswith(("Square", "Rectangle"))
    ends = [float(number) for number in re.findall(r"-?[\d.]+", re.sub(r"A\S+ \S+ \d \d \d", "", path))]
    assert all(-0.01 <= number <= 300.01 for number in ends)


def test_rows_that_differ_only_in_text_share_a_layout() -> None:
    """One layout serves a thousand rows."""
    one, other = _draw(_text("Ana")), _draw(_text("Benjamin the Second"))
    assert (one.layout == other.layout, _svg(one) == _svg(other)) == (True, False)


@pytest.mark.parametrize(
    "words",
    [
        "</text></svg><script>alert(1)</script>",
        "\"'&<>",
        "\x00\x0b\ufffe\ud800",
        'x" onload="alert(1)',
        "\u202eabc\u200b",
    ],
)
def test_no_text_breaks_the_drawing(words: str) -> None:
    """Whatever a cell contains, the drawing is well-formed and has no foreign elements."""
    drawing = _draw(
        _text(words, fill=words, fontFamily=words, align=words, backgroundColor=words),
        {"type": "shape", "shapeName": words, "fill": words, "stroke": words, "strokeWidth": 3},
        {"type": "image", "source_url": words},
        background={"source_type": words, "source_url": words, "source_color": words},
    )
    names = {etree.QName(each).localname for each in _tree(drawing).iter()}
    assert names <= {"svg", "g", "rect", "path", "text", "tspan"}
    attributes = {name for each in _tree(drawing).iter() for name in each.attrib}
    assert not any(str(name).startswith("on") for name in attributes)


_JSON: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = [
    "left",
    "top",
    "width",
    "height",
    "scaleX",
    "scaleY",
    "angle",
    "opacity",
    "layer",
    "text",
    "fontSize",
    "fill",
    "align",
    "source_url",
    "video_url",
    "shapeName",
    "stroke",
    "strokeWidth",
    "strokeRadius",
    "model",
    "effects",
    "headOnly",
    "voiceOnly",
    "backgroundColor",
    "fontWeight",
]
_CLIPS: st.SearchStrategy[JSON] = st.fixed_dictionaries(
    {"type": st.sampled_from(["aiModel", "textImage", "image", "videoImage", "shape", "audio", "new kind"])},
    optional=dict.fromkeys(_FIELDS, _JSON),
)


@given(st.lists(_CLIPS, max_size=4), _JSON, _JSON)
def test_any_project_can_be_drawn(clips: list[JSON], background: JSON, orientation: JSON) -> None:
    """Values of wrong types, missing values and infinite numbers still give a well-formed drawing."""
    scene: JSON = {"clips": clips, "background": background}
    [drawing] = draw_scenes({"orientation": orientation, "scenes": [scene]})
    svg = etree.fromstring(_svg(drawing).encode())
    assert "nan" not in drawing.layout
    assert "inf" not in re.sub(r"[a-z]{4,}", "", drawing.layout)
    assert svg.tag == f"{SVG}svg"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param("#fff", True, id="short"),
        pytest.param("#11223344", True, id="with alpha"),
        pytest.param("rgba(1, 2, 3, 0.5)", True, id="function"),
        pytest.param("hsl(120 50% 40%)", True, id="hsl"),
        pytest.param("navy", True, id="name"),
        pytest.param("url(#x)", False, id="reference"),
        pytest.param("red;fill:url(http://x)", False, id="style"),
        pytest.param("", False, id="empty"),
    ],
)
def test_only_valid_colors_are_drawn(text: str, is_one: bool) -> None:
    """Other text in place of a color is ignored."""
    assert color(text, "none") == (text if is_one else "none")


def test_a_gradient_without_stops_gets_the_default_color() -> None:
    """The drawing doesn't refer to a gradient that doesn't exist."""
    assert paint("linear-gradient(var(--x))", "#123").value == "#123"


@pytest.mark.parametrize(
    "name",
    [
        "templates/welcome.json",
        "templates/scripts.json",
        "templates/two_scenes.json",
        "tests/data/seed_project.json",
    ],
)
def test_real_projects_are_drawn(name: str, root: Path) -> None:
    """Each of their scenes has an avatar within the canvas."""
    project = json.loads((root / name).read_text(encoding="utf-8"))
    drawings = draw_scenes(project)
    assert len(drawings) == len(project["scenes"])
    for drawing in drawings:
        assert {"avatar", "head"} & {part.kind for part in drawing.parts}
