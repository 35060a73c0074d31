"""Whether the parts of a Word file are in the order that the standard gives them, so that Word opens it.

The lists are those of ECMA-376 part 4 (transitional), for the elements that we write; they are kept apart from those
that the writers use, so that one can find the faults of the other.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections import Counter
from collections.abc import Iterator

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RPR = (
    "ins del moveFrom moveTo rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint "
    "noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText "
    "vertAlign rtl cs em lang eastAsianLayout specVanish oMath rPrChange"
)
_EDGES = "top left start bottom right end insideH insideV tl2br tr2bl between bar"
SEQUENCES = {
    "pPr": (
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
        "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
        "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
        "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange"
    ),
    "rPr": _RPR,
    "numPr": "ilvl numId numberingChange ins",
    "pBdr": "top left bottom right between bar",
    "tblPr": (
        "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd "
        "tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription tblPrChange"
    ),
    "tblBorders": _EDGES,
    "tcBorders": _EDGES,
    "tblCellMar": "top left start bottom right end",
    "tcMar": "top left start bottom right end",
    "tcPr": (
        "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark "
        "headers cellIns cellDel cellMerge tcPrChange"
    ),
    "sectPr": (
        "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType pgNumType "
        "cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings sectPrChange"
    ),
    "sdt": "sdtPr sdtEndPr sdtContent",
    "sdtPr": (
        "rPr alias tag id lock placeholder temporary showingPlcHdr dataBinding label tabIndex equation comboBox date "
        "docPartObj docPartList dropDownList picture richText text citation group bibliography"
    ),
    "date": "dateFormat lid storeMappedDataAs calendar",
    "style": (
        "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed qFormat locked "
        "personal personalCompose personalReply rsid pPr rPr tblPr trPr tcPr tblStylePr"
    ),
    "tblStylePr": "pPr rPr tblPr trPr tcPr",
    "styles": "docDefaults latentStyles style",
    "docDefaults": "rPrDefault pPrDefault",
    "numbering": "numPicBullet abstractNum num numIdMacAtCleanup",
    "abstractNum": "nsid multiLevelType tmpl name styleLink numStyleLink lvl",
    "lvl": "start numFmt lvlRestart pStyle isLgl suff lvlText lvlPicBulletId legacy lvlJc pPr rPr",
    "num": "abstractNumId lvlOverride",
    "lvlOverride": "startOverride lvl",
    "tr": "tblPrEx trPr tc sdt",
    "settings": (
        "writeProtection view zoom removePersonalInformation removeDateAndTime doNotDisplayPageBoundaries "
        "displayBackgroundShape printPostScriptOverText printFractionalCharacterWidth printFormsData "
        "embedTrueTypeFonts embedSystemFonts saveSubsetFonts saveFormsData mirrorMargins alignBordersAndEdges "
        "bordersDoNotSurroundHeader bordersDoNotSurroundFooter gutterAtTop hideSpellingErrors "
        "hideGrammaticalErrors activeWritingStyle proofState formsDesign attachedTemplate linkStyles "
        "stylePaneFormatFilter stylePaneSortMethod documentType mailMerge revisionView trackRevisions "
        "doNotTrackMoves doNotTrackFormatting documentProtection autoFormatOverride styleLockTheme styleLockQFSet "
        "defaultTabStop autoHyphenation consecutiveHyphenLimit hyphenationZone doNotHyphenateCaps showEnvelope "
        "summaryLength clickAndTypeStyle defaultTableStyle evenAndOddHeaders bookFoldRevPrinting bookFoldPrinting "
        "bookFoldPrintingSheets drawingGridHorizontalSpacing drawingGridVerticalSpacing "
        "displayHorizontalDrawingGridEvery displayVerticalDrawingGridEvery doNotUseMarginsForDrawingGridOrigin "
        "drawingGridHorizontalOrigin drawingGridVerticalOrigin doNotShadeFormData noPunctuationKerning "
        "characterSpacingControl printTwoOnOne strictFirstAndLastChars noLineBreaksAfter noLineBreaksBefore "
        "savePreviewPicture doNotValidateAgainstSchema saveInvalidXml ignoreMixedContent alwaysShowPlaceholderText "
        "doNotDemarcateInvalidXml saveXmlDataOnly useXSLTWhenSaving saveThroughXslt showXMLTags "
        "alwaysMergeEmptyNamespace updateFields hdrShapeDefaults footnotePr endnotePr compat docVars rsids mathPr "
        "attachedSchema themeFontLang clrSchemeMapping doNotIncludeSubdocsInStats doNotAutoCompressPictures "
        "forceUpgrade captions readModeInkLockDown smartTagType schemaLibrary shapeDefaults doNotEmbedSmartTags "
        "decimalSymbol listSeparator"
    ),
    "comment": "p tbl",
}  # fmt: skip
"""The children of an element in their order, by its name."""

FIRST = {"p": "pPr", "r": "rPr", "tc": "tcPr"}
"""The element that stands before all others of its parent, where it is there."""

_MARKS = {"bookmarkStart", "bookmarkEnd", "sdt", "ins", "del", "commentRangeStart", "commentRangeEnd"}
_LINE = _MARKS | {"pPr", "r", "hyperlink", "fldSimple", "proofErr"}
_BLOCK = _MARKS | {"p", "tbl", "sectPr"}
HOLDS = {
    "p": _LINE,
    "hyperlink": _LINE - {"pPr"},
    "body": _BLOCK,
    "tc": _BLOCK - {"sectPr"} | {"tcPr"},
    "tbl": {"tblPr", "tblGrid", "tr", "sdt", "bookmarkStart", "bookmarkEnd"},
    "r": {
        "rPr", "t", "delText", "instrText", "delInstrText", "fldChar", "br", "tab", "drawing", "commentReference",
        "annotationRef", "noBreakHyphen", "cr", "softHyphen", "lastRenderedPageBreak",
    },
}  # fmt: skip
"""All that an element holds."""

_UNIQUE = {
    "bookmarkStart": "id", "comment": "id", "ins": "id", "del": "id", "num": "numId", "abstractNum": "abstractNumId",
    "style": "styleId",
}  # fmt: skip


def faults(data: bytes) -> list[str]:
    """What is wrong with the build of a Word file, in words; empty where nothing is."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        parts = {name: etree.fromstring(archive.read(name)) for name in names if name.endswith((".xml", ".rels"))}
    found = [fault for name, root in parts.items() for fault in _in_part(name, root)]
    return [*found, *_relationships(parts, set(names)), *_references(parts)]


def _in_part(part: str, root: etree._Element) -> Iterator[str]:
    for parent in root.iter(f"{W}*"):
        name = etree.QName(parent).localname
        children = [etree.QName(child).localname for child in parent if isinstance(child.tag, str)]
        ours = [child for child in children if parent.find(W + child) is not None]
        where = f"{part}: <w:{name}> has {' '.join(children)[:200]}"
        if name in SEQUENCES:
            order = SEQUENCES[name].split()
            places = [order.index(child) if child in order else -1 for child in ours]
            if -1 in places or places != sorted(places):
                yield where
        if name in FIRST and FIRST[name] in children[1:]:
            yield where
        if name in HOLDS and set(children) - HOLDS[name]:
            yield where
        if name == "tc" and children[-1:] != ["p"]:
            yield f"{where}, and ends without a paragraph"
        if name == "tr" and not {"tc", "sdt"} & set(children):
            yield f"{where}, and no cell"
    for tag, attribute in _UNIQUE.items():
        counted = Counter(found.get(W + attribute) for found in root.iter(W + tag))
        yield from (f"{part}: <w:{tag}> {id} stands {n} times" for id, n in counted.items() if n > 1)
    sdts = Counter(found.get(f"{W}val") for found in root.iterfind(f".//{W}sdtPr/{W}id"))
    yield from (f"{part}: the control {id} stands {n} times" for id, n in sdts.items() if n > 1)
    drawn = Counter(found.get("id") for found in root.iter("{*}docPr"))
    yield from (f"{part}: the drawing {id} stands {n} times" for id, n in drawn.items() if n > 1)


def _relationships(parts: dict[str, etree._Element], names: set[str]) -> Iterator[str]:
    """Each relationship that a part names is there, and each leads to a part of the file."""
    for part, root in parts.items():
        if part.endswith(".rels"):
            folder = part.split("_rels/")[0]
            for relationship in root:
                target = relationship.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(folder + target)
                if relationship.get("TargetMode") != "External" and path not in names:
                    yield f"{part}: {target} is not in the file"
            continue
        folder, _, name = part.rpartition("/")
        related = parts.get(f"{folder}/_rels/{name}.rels".lstrip("/"))
        known = set() if related is None else {found.get("Id") for found in related}
        for found in root.iter():
            for attribute in (f"{_R}id", f"{_R}embed"):
                if found.get(attribute) is not None and found.get(attribute) not in known:
                    yield f"{part}: there is no relationship {found.get(attribute)}"


def _references(parts: dict[str, etree._Element]) -> Iterator[str]:
    """Styles, numberings and bookmarks that the text names are there."""
    document, styles = parts["word/document.xml"], parts["word/styles.xml"]
    ids = {(found.get(f"{W}type"), found.get(f"{W}styleId")) for found in styles.iter(f"{W}style")}
    for tag, kind in (("pStyle", "paragraph"), ("rStyle", "character"), ("tblStyle", "table")):
        for name, root in parts.items():
            if name.startswith("word/") and not name.endswith("numbering.xml"):
                named = {found.get(f"{W}val") for found in root.iter(W + tag)}
                yield from (f"{name}: no {kind} style {one}" for one in sorted(named) if (kind, one) not in ids)
    known = {id for _, id in ids}
    for tag in ("basedOn", "next", "link"):
        yield from (f"{tag} {f.get(f'{W}val')}" for f in styles.iter(W + tag) if f.get(f"{W}val") not in known)
    numbering = parts.get("word/numbering.xml")
    numbers = set() if numbering is None else {found.get(f"{W}numId") for found in numbering.iter(f"{W}num")}
    for root in (document, styles):
        used = {found.get(f"{W}val") for found in root.iter(f"{W}numId")}
        yield from (f"there is no numbering {one}" for one in sorted(used - numbers - {"0"}))
    marks = {found.get(f"{W}name") for found in document.iter(f"{W}bookmarkStart")}
    anchors = {found.get(f"{W}anchor") for found in document.iter(f"{W}hyperlink")} - {None}
    yield from (f"no bookmark {one}" for one in sorted(anchors - marks))
    starts = [found.get(f"{W}id") for found in document.iter(f"{W}bookmarkStart")]
    ends = [found.get(f"{W}id") for found in document.iter(f"{W}bookmarkEnd")]
    if sorted(starts) != sorted(ends):
        yield "a bookmark is open"
    yield from (f"the bookmark {name} is too long" for name in sorted(marks) if len(name) > 40)
