"""Figures in a Word document: a picture of dots that every reader shows, and the drawing itself for those that can."""

from __future__ import annotations

import io
from enum import StrEnum

from docx.image.image import Image
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Emu

from clauses.memo.templates import Template
from clauses.memo.word.house import House
from clauses.memo.word.ooxml import FreshIds, XmlElement, element

_EMU = 635
"""The units of a drawing in a twentieth of a point."""
_WORD_SVG = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
"""What Word calls the extension of a picture that names its SVG."""
_INLINE = """<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"
 xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"
 xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" distT="0" distB="0" distL="0" distR="0">
<wp:extent/><wp:docPr/><wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>
<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>
<pic:nvPicPr><pic:cNvPr/><pic:cNvPicPr/></pic:nvPicPr>
<pic:blipFill><a:blip><a:extLst><a:ext uri="%s"><asvg:svgBlip/></a:ext></a:extLst></a:blip>
<a:stretch><a:fillRect/></a:stretch></pic:blipFill>
<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>
</pic:pic></a:graphicData></a:graphic></wp:inline>""".replace("\n", "")


class LeftOut(StrEnum):
    """Why a figure is left out: the name of the sentence that says so."""

    NOT_INSTALLED = "no_drawing"
    TOO_HIGH = "too_high"
    """On one page it would be smaller than anybody can read."""


class Pictures:
    """Puts figures into the document of a house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._fresh = FreshIds([house.document.element], "wp:docPr", "id")

    def drawing(self, name: str, svg: str, description: str, drawn_by: Template) -> XmlElement | LeftOut:
        """A run that shows a figure, or why it is left out."""
        picture = _dots(svg, self._house.width // 20, drawn_by)
        if picture is None:
            return LeftOut.NOT_INSTALLED
        image = Image.from_blob(picture)
        width, height = self._size(image.px_width, image.px_height)
        if width < self._house.width * _EMU // 2:
            return LeftOut.TOO_HIGH
        part = self._house.document.part
        dots, _ = part.get_or_add_image(io.BytesIO(picture))
        place = part.package.next_partname("/word/media/drawing%d.svg")
        lines = part.relate_to(Part(place, "image/svg+xml", svg.encode(), part.package), RELATIONSHIP_TYPE.IMAGE)
        made = _inline(self._fresh(), name, description, dots, lines)
        for tag in ("wp:extent", "a:ext"):
            for found in made.iter(qn(tag)):
                if found.get("uri") is None:
                    found.set("cx", str(width))
                    found.set("cy", str(height))
        return element("w:r", element("w:drawing", made))

    def _size(self, width: int, height: int) -> tuple[Emu, Emu]:
        """As wide as a line, but no higher than three quarters of what a page holds: a caption has to stand with it."""
        section = self._house.document.sections[-1]
        highest = ((section.page_height or 0) - (section.top_margin or 0) - (section.bottom_margin or 0)) * 3 // 4
        across = self._house.width * _EMU
        if highest <= 0 or across * height <= highest * width:
            return Emu(across), Emu(across * height // width)
        return Emu(highest * width // height), Emu(highest)


def _inline(id: int, name: str, description: str, dots: str, lines: str) -> XmlElement:
    made = parse_xml(_INLINE % _WORD_SVG)
    for tag in ("wp:docPr", "pic:cNvPr"):
        about = next(made.iter(qn(tag)))
        about.set("id", str(id))
        about.set("name", name)
        about.set("descr", description)
    next(made.iter(qn("a:blip"))).set(qn("r:embed"), dots)
    next(made.iter("{http://schemas.microsoft.com/office/drawing/2016/SVG/main}svgBlip")).set(qn("r:embed"), lines)
    return made


def _dots(svg: str, width: int, drawn_by: Template) -> bytes | None:
    try:
        import typst  # noqa: F401  # what makes the dots

        from clauses.memo.raster import png
    except ModuleNotFoundError as error:
        if error.name != "typst":
            raise
        return None
    return png(svg, width, drawn_by)
