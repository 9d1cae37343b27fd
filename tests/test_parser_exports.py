"""Exports of bibliographic databases: one record, one abstract, with all that the export says."""

from __future__ import annotations

import csv
import io

import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsers.csv_cells import scan
from ingest.split import split_file
from ragbot.compose import attribution
from ragbot.errors import EmptyFile, SourceError, UnreadableFile
from ragbot.types import EvidenceType
from ragbot.web.sources import source_page
from tests.formats import bodies, parse, sections, shared, values

NBIB = """\
PMID- 11111111
OWN - NLM
DP  - 2018 Apr-Jun
VI  - 10
IP  - 4
TI  - Letters that remind people of their blood
      test: a randomised trial.
PG  - 335-9
LID - 10.1234/abc.2018.5 [doi]
AB  - BACKGROUND: Letters are cheap. MAIN OUTCOME
      MEASURES: Attendance at 3 months. RESULTS: Of 200 people (n=200),
      sixty came. CONCLUSIONS: Letters help.
FAU - de la Cruz, Ana
AU  - de la Cruz A
AD  - Elm Surgery, Leeds, UK.
FAU - O'Neil, Paul M Jr
AU  - O'Neil PM Jr
CN  - LETTERS Study Group
PT  - Journal Article
JT  - Coastal health review
SO  - Coast Health Rev. 2018 Apr-Jun;10(4):335-9. doi: 10.1234/abc.2018.5.

PMID- 22222222
TI  - A trial that was taken back.
AB  - We found that walking cures everything. Nobody could find that again.
FAU - Ek, Bo
AU  - Ek B
DP  - 2009
PT  - Journal Article
PT  - Retracted Publication
RIN - Coast Health Rev. 2011 Jan;3(1):9. PMID: 33333333
TA  - Coast Health Rev

PMID- 44444444
TI  - A letter without an abstract.
DP  - 2011
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_medline_records(newline: str) -> None:
    text = "\ufeff" + NBIB.replace("\n", newline)
    parsed = parse(text, "letters.txt")
    assert parsed.kind == "medline"
    assert parsed.text == text
    letters, retracted = parsed.documents
    assert letters.evidence_type is EvidenceType.ABSTRACT
    assert letters.label == "de la Cruz et al., 2018"
    assert letters.reference == (
        "de la Cruz A, O'Neil PM Jr, LETTERS Study Group. Letters that remind people of their "
        "blood test: a randomised trial. Coastal health review. 2018;10(4):335-9. "
        "doi:10.1234/abc.2018.5."
    )
    assert values(letters) == {
        "title": "Letters that remind people of their blood test: a randomised trial.",
        "journal": "Coastal health review",
        "volume": "10",
        "issue": "4",
        "pages": "335-9",
        "publication_date": "2018 Apr-Jun",
        "pmid": "11111111",
        "year": "2018",
        "doi": "10.1234/abc.2018.5",
    }
    assert [s.title for s in letters.sections] == [
        "BACKGROUND",
        "MAIN OUTCOME MEASURES",
        "RESULTS",
        "CONCLUSIONS",
    ]
    assert "Of 200 people (n = 200), sixty came." in bodies(parsed)
    assert parsed.notes == (
        "Records without an abstract, left out: 1: “A letter without an abstract” (2011).",
    )
    assert text[retracted.start : retracted.end].startswith("PMID- 22222222")


def test_a_retracted_article_is_marked_wherever_it_is_cited() -> None:
    from ragbot.assistant import StoredSource

    parsed = parse(NBIB)
    letters, retracted = parsed.documents
    assert retracted.retracted
    assert not letters.retracted
    assert retracted.label == "Ek, 2009 (RETRACTED)"
    assert retracted.reference.endswith("[Retracted.]")
    assert "RETRACTED" in attribution(retracted, None)
    field = retracted.field("retracted")
    assert field is not None
    assert parsed.text[field.start : field.end].startswith("Coast Health Rev. 2011 Jan")
    units = [span for chunk in split_file(parsed) for span in chunk.sentences]
    page = source_page(StoredSource(retracted, parsed, tuple(units)), marked=None, root_path="")
    assert "This work was retracted." in page
    assert "This work was retracted." not in source_page(
        StoredSource(letters, parsed, tuple(units)), marked=None, root_path=""
    )


def test_the_chunks_of_a_record_do_not_depend_on_its_neighbours() -> None:
    alone = parse(NBIB[: NBIB.index("PMID- 22222222")])
    together = [c for c in split_file(parse(NBIB)) if c.source_id == alone.documents[0].source_id]
    assert [c.chunk_id for c in split_file(alone)] == [c.chunk_id for c in together]


RIS = """\
TY  - JOUR
T1  - Does a reminder letter bring people back?
A1  - Ek, Bo
A1  - O'Neil, Mary
JF  - Coastal Health Review
Y1  - 2014/05//
VL  - 3
IS  - 2
SP  - 12
EP  - 19
UR  - https://doi.org/10.5555/chr.3.12
N2  - Aims: To ask. Methods: We sent letters.

Results: Sixty came.
ER  -

"""
DIALECTS = {
    "as standard": RIS,
    "crlf and mark": "\ufeff" + RIS.replace("\n", "\r\n"),
    "one space": RIS.replace("  - ", " - ").replace("ER  -", "ER -"),
    "indented": RIS.replace("\n", "\n  ").replace("TY  -", "  TY  -"),
    "ovid": "\n1.\n"
    + RIS.replace("T1  -", "TI  -").replace("A1", "AU").replace("N2", "AB").replace("JF", "JO"),
    "embase": "Record #1 of 1\nProvider: Elsevier\n\n"
    + RIS.replace("Y1  - 2014/05//", "PY  - 2014"),
    "scopus": RIS.replace("UR  - https://doi.org/", "DO  - ")
    .replace("JF", "T2")
    .replace("N2", "AB"),
    "no end": RIS.replace("ER  -\n", ""),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_ris_dialects(dialect: str) -> None:
    parsed = parse(DIALECTS[dialect], "export.csv")
    assert parsed.kind == "ris"
    (document,) = parsed.documents
    assert document.label == "Ek & O'Neil, 2014"
    assert document.reference == (
        "Ek B, O'Neil M. Does a reminder letter bring people back? Coastal Health Review. "
        "2014;3(2):12-19. doi:10.5555/chr.3.12."
    )
    assert [s.title for s in document.sections] == ["Aims", "Methods", "Results"]
    assert values(document)["authors"] == "Ek, Bo, O'Neil, Mary"


def test_ris_says_retracted_in_its_type_or_its_title() -> None:
    typed = parse(RIS.replace("VL  - 3", "M3  - Retracted Publication\nVL  - 3")).documents[0]
    titled = parse(RIS.replace("T1  - Does", "T1  - RETRACTED: Does")).documents[0]
    notice = parse(RIS.replace("T1  - Does", "T1  - Retraction of: Does")).documents[0]
    about = parse(RIS.replace("T1  - Does", "T1  - Retracted papers and how they live on: does"))
    assert typed.retracted
    assert titled.retracted
    assert typed.label == "Ek & O'Neil, 2014 (RETRACTED)"
    assert not notice.retracted
    assert not about.documents[0].retracted


@pytest.mark.parametrize(
    "name", ["zotero_crlf.ris", "extraneous_lines.ris", "faulty_year.ris", "ris_as_txt_19.txt"]
)
def test_real_ris_files_are_read_as_rispy_reads_them(name: str) -> None:
    data = shared(f"citations/{name}")
    theirs = rispy.loads(data.decode("utf-8-sig"))
    with_abstract = [r for r in theirs if r.get("abstract") or r.get("notes_abstract")]
    parsed = parse(data, name)
    assert len(parsed.documents) == len(with_abstract)
    for ours, record in zip(parsed.documents, with_abstract, strict=True):
        title = record.get("title") or record.get("primary_title")
        assert values(ours)["title"] == " ".join(title.split())
        abstract = record.get("abstract") or record["notes_abstract"]
        first, last = ours.sections[0], ours.sections[-1]
        printed = "".join(parsed.text[first.start : last.end].split())
        assert "".join(abstract.split()).endswith(printed)
        authors = record.get("authors") or record.get("first_authors") or []
        assert [f.value for f in ours.fields if f.name == "author"] == authors


PUBMED_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2019//EN" "https://x/y.dtd">
<PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">11111111</PMID><Article>
<Journal><JournalIssue><Volume>10</Volume><Issue>4</Issue><PubDate>
<MedlineDate>2018 Apr-Jun</MedlineDate></PubDate></JournalIssue>
<Title>Coastal health review</Title></Journal>
<ArticleTitle>Letters &amp; <i>blood</i> tests.</ArticleTitle>
<Pagination><MedlinePgn>335-9</MedlinePgn></Pagination>
<ELocationID EIdType="doi">10.1234/abc.2018.5</ELocationID>
<Abstract><AbstractText Label="BACKGROUND">Letters are cheap &#x2013; very.</AbstractText>
<AbstractText Label="RESULTS">Sixty of 200 (p&lt;0.05) came.</AbstractText></Abstract>
<AuthorList CompleteYN="Y"><Author><LastName>de la Cruz</LastName><ForeName>Ana</ForeName></Author>
<Author><LastName>Ek</LastName><Initials>B</Initials></Author>
<Author><CollectiveName>LETTERS Study Group</CollectiveName></Author></AuthorList>
<PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList>
</Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>22222222</PMID><Article>
<ArticleTitle>Taken back.</ArticleTitle>
<Journal><JournalIssue><PubDate><Year>2009</Year></PubDate></JournalIssue></Journal>
<Abstract><AbstractText>BACKGROUND: We walked. RESULTS: It helped.</AbstractText></Abstract>
<PublicationTypeList><PublicationType>Retracted Publication</PublicationType></PublicationTypeList>
</Article><CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn">
<RefSource>Coast Health Rev. 2011;3(1):9</RefSource></CommentsCorrections></CommentsCorrectionsList>
</MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>3</PMID><Article><ArticleTitle>No abstract.</ArticleTitle>
</Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>
"""


def test_pubmed_xml() -> None:
    parsed = parse(PUBMED_XML, "export.txt")
    assert parsed.kind == "pubmed_xml"
    letters, retracted = parsed.documents
    assert letters.reference == (
        "de la Cruz A, Ek B, LETTERS Study Group. Letters & blood tests. Coastal health review. "
        "2018;10(4):335-9. doi:10.1234/abc.2018.5."
    )
    assert sections(parsed, letters) == {
        "BACKGROUND": "Letters are cheap – very.",
        "RESULTS": "Sixty of 200 (p<0.05) came.",
    }
    assert {parsed.text[f.start : f.end] for f in letters.fields if f.name == "author"} == {
        "de la Cruz, Ana",
        "Ek, B",
        "LETTERS Study Group",
    }
    assert retracted.label == "Taken back. (RETRACTED)"
    assert values(retracted)["retracted"] == "Retraction in: Coast Health Rev. 2011;3(1):9"
    assert [s.title for s in retracted.sections] == ["BACKGROUND", "RESULTS"]
    assert parsed.notes == ("Records without an abstract, left out: 1: “No abstract”.",)


def test_the_same_article_has_one_id_in_every_export() -> None:
    nbib = parse(
        NBIB.replace(
            "Letters that remind people of their blood\n      test: a randomised trial.",
            "Letters & blood tests.",
        )
    )
    assert nbib.documents[0].source_id == parse(PUBMED_XML).documents[0].source_id


@pytest.mark.parametrize("cut", [300, 900, 1400])
def test_cut_off_xml_is_a_clear_error(cut: int) -> None:
    with pytest.raises(UnreadableFile, match="broken XML"):
        parse(PUBMED_XML[:cut])


BIBTEX = r"""% exported
@string{chr = "Coastal Health Review"}
@comment{not this}

@article{ek2014,
  author = {Ek, Bo and M{\"u}ller, Hans-J{\"o}rg and {LETTERS Study Group}},
  title = {Does a {GP}'s letter bring 50\% back?},
  journal = "Coastal Health Review",
  year = 2014, volume = 3, number = {2}, pages = {12--19},
  doi = {10.5555/chr.3.12},
  abstract = {Background: {GPs} write to 50\% of people. Methods: We sent letters.
    Results: Sixty came, as {\em hoped}.},
}

@book{none2001, title = {A book without an abstract}, year = {2001}}
"""


def test_bibtex() -> None:
    parsed = parse(BIBTEX, "library.txt")
    assert parsed.kind == "bibtex"
    assert parsed.text == BIBTEX
    (document,) = parsed.documents
    assert document.reference == (
        "Ek B, Müller HJ, LETTERS Study Group. Does a GP's letter bring 50% back? "
        "Coastal Health Review. 2014;3(2):12–19. doi:10.5555/chr.3.12."
    )
    assert sections(parsed, document)["Background"] == r"{GPs} write to 50\% of people."
    assert "GPs write to 50% of people." in bodies(parsed)
    assert parsed.notes == (
        "Records without an abstract, left out: 1: “A book without an abstract” (2001).",
    )


CSV = {
    "embase": (
        '"SEARCH QUERY","letters:ti"\n-----\n\n'
        '"Title","Author Names","Source title","Publication Year","Volume","Issue","First Page",'
        '"Last Page","Publication Type","Abstract","Medline PMID","DOI"\n'
        '"A ""reminder"" letter","Ek B., O\'Neil M.-L.","Coastal Health Review","2014","3","2",'
        '"12","19","Article","Aims: To ask ""why"".\nMethods: We sent letters.",111,'
        "10.5555/chr.3.12\n"
        '"No abstract",,"Coastal Health Review","2015",,,,,"Letter","",,\n'
    ),
    "cochrane": (
        "Title,Author(s),Source,Abstract,Issue,Year,Volume,Pages,DOI\r\n"
        '"A ""reminder"" letter","Ek B, O\'Neil ML",Coastal Health Review,'
        '"Aims: To ask ""why"". Methods: We sent letters.",2,2014,3,12-19,10.5555/chr.3.12\r\n'
    ),
    "scopus": (
        "\ufeffAuthors;Title;Year;Source title;Volume;Issue;Page start;Page end;DOI;Abstract\n"
        '"Ek, B.,; O\'Neil, M.-L.";"A ""reminder"" letter";2014;Coastal Health Review;3;2;12;19;'
        '10.5555/chr.3.12;"Aims: To ask ""why"". Methods: We sent letters."\n'
    ),
}


@pytest.mark.parametrize("dialect", CSV)
def test_csv_exports(dialect: str) -> None:
    parsed = parse(CSV[dialect], "export.ris")
    assert parsed.kind == "csv_export"
    assert parsed.text == CSV[dialect]
    (document,) = parsed.documents
    assert document.label == "Ek & O'Neil, 2014"
    assert document.reference.endswith(
        'A "reminder" letter. Coastal Health Review. 2014;3(2):12-19. doi:10.5555/chr.3.12.'
    )
    assert sections(parsed, document)["Aims"] == 'To ask ""why"".'
    assert 'To ask "why".' in bodies(parsed)
    assert '""' not in bodies(parsed)


def test_a_pubmed_csv_has_no_abstracts_and_names_its_records() -> None:
    text = "PMID,Title,Authors,Journal/Book,Publication Year,DOI\n1,A letter,Ek B,CHR,2014,10.1/x\n"
    with pytest.raises(EmptyFile, match=r"lists 1 records without.*“A letter” .2014."):
        parse(text)


def test_a_retracted_row_is_marked() -> None:
    row = CSV["embase"].replace('"Article"', '"Article; Retracted Publication"')
    assert parse(row).documents[0].label == "Ek & O'Neil, 2014 (RETRACTED)"


@pytest.mark.parametrize(
    "text",
    [
        "Title,of,a,table\n1,2,3,4\n",
        "We used TY  - JOUR in our export. It worked.",
        "The PMID- of the record was lost. We looked for it.",
        "An @article{key, is how BibTeX entries begin. Nothing more.",
    ],
)
def test_what_only_mentions_an_export_is_text(text: str) -> None:
    assert parse(text).kind == "plain_text"


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.lists(st.text(alphabet='ab",;\r\n é', max_size=6), min_size=2, max_size=4), max_size=5
    ),
    st.sampled_from(",;\t"),
)
def test_cells_are_those_that_pythons_csv_reads(table: list[list[str]], delimiter: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL).writerows(table)
    text = out.getvalue()
    theirs = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    ours = [[cell.value(text) for cell in row] for row in scan(text, delimiter)]
    assert ours == [row for row in theirs if row != [""] or len(row) > 1]


PIECES = st.sampled_from(
    [
        *("PMID- 1\n", "TI  - A title\n", "AB  - AIM: To go. RESULTS: We went.\n", "      on\n"),
        *("TY  - JOUR\n", "T1  - T\n", "N2  - Text here.\n", "ER  - \n", "AU  - Ek, B\n", "\r\n"),
        *("@article{k,\n", "title = {T},\n", "abstract = {One {two}.\n", "}\n", 'x = "y",'),
        *("Title,Abstract,Year,DOI\n", '"A ""b""","Some text.",2001,10.1000/x\n', '"', ",", "\n"),
        *(
            "<PubmedArticle><MedlineCitation>",
            "<PMID>1</PMID>",
            "</MedlineCitation>",
            "\ufeff",
            "é",
        ),
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(PIECES, max_size=20).map("".join))
def test_any_mixture_of_exports_is_a_file_or_a_clear_error(text: str) -> None:
    try:
        parse(text)
    except SourceError as error:
        assert error.message
