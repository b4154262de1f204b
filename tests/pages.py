"""What a response shows: its elements and their text, read as a browser would."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Element:
    """An element of a page; `page.one("a", aria_label="撤回要請 3件")["href"]`."""

    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag, self.attrs = tag, attrs
        self.children: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attrs[name]

    def __contains__(self, name: str) -> bool:
        return name in self.attrs

    def __repr__(self) -> str:
        return f"<{self.tag} {self.attrs}> {self.text[:80]}"

    def __iter__(self) -> Iterator[Element]:
        """Every element inside, in the order of the page."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child

    @property
    def text(self) -> str:
        """The text inside, white space as the screen shows it."""
        parts = [child if isinstance(child, str) else f" {child.text} " for child in self.children]
        return " ".join("".join(parts).split())

    def all(self, tag: str = "", **wanted: str | bool) -> list[Element]:
        """The elements inside with these attributes (one of the classes); True means any value, False none."""

        def fits(element: Element) -> bool:
            for key, value in wanted.items():
                have = element.attrs.get(key.rstrip("_").replace("_", "-"))
                if isinstance(value, bool):
                    if (have is not None) is not value:
                        return False
                elif value not in ((have or "").split() if key == "class_" else [have]):
                    return False
            return not tag or element.tag == tag

        return [element for element in self if fits(element)]

    def one(self, tag: str = "", **wanted: str | bool) -> Element:
        """The only such element."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} of <{tag} {wanted}>: {found}"
        return found[0]

    def has(self, tag: str = "", **wanted: str | bool) -> bool:
        return bool(self.all(tag, **wanted))


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(response) -> Element:
    """The page of `response`; every element must be closed."""
    return read_html(response.content.decode())


def read_html(html: str) -> Element:
    """The page that `html` is; every element must be closed."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.open == [builder.root], f"not closed: {builder.open[1:]}"
    return builder.root


def facts(element: Element) -> dict[str, str]:
    """The label/value grid: what stands beside each label."""
    pairs = [[child for child in pair.children if isinstance(child, Element)] for pair in element.all("div")]
    return {pair[0].text: pair[1].text for pair in pairs if [child.tag for child in pair] == ["dt", "dd"]}


def rows(response) -> list[dict[str, str]]:
    """The grid's rows, each by the heads of the columns."""
    grids = read(response).all("table", class_="grid")
    if not grids:
        return []
    heads = [head.text.rstrip(" ▲▼") for head in grids[0].one("thead").all("th")]
    found = grids[0].one("tbody").all("tr")
    return [dict(zip(heads, [cell.text for cell in row.all("td")], strict=True)) for row in found]


def numbers(response) -> list[str]:
    """注文番号 of the grid's rows."""
    return [row["注文番号"] for row in rows(response)]


def confirmed(response, **typed: str) -> dict[str, str]:
    """What OK in the popup about personal data sends: the form behind it (without JavaScript, `typed` in it)."""
    page = read(response)
    ok = page.one("dialog").one("button", form="write")
    return posted(page.one("form", id="write"), **typed) | {ok["name"]: ok["value"]}


def posted(form: Element, **typed: str) -> dict[str, str]:
    """What a browser without JavaScript sends when this form is sent with `typed` in it."""
    data = {}
    for field in form:
        name = field.attrs.get("name")
        if not name or "disabled" in field.attrs:
            continue
        if field.tag == "textarea":
            # The first line break is the template's: a browser drops it.
            typed_in = "".join(child for child in field.children if isinstance(child, str))
            data[name] = typed_in.removeprefix("\n")
        elif field.tag == "select":
            chosen = [option for option in field.all("option") if "selected" in option]
            data[name] = (chosen or field.all("option"))[0].attrs.get("value", "")
        elif field.tag == "input" and (field.attrs.get("type") != "radio" or "checked" in field):
            value = field.attrs.get("value", "")
            # Several of one name, such as the files kept, are sent one after the other.
            data[name] = [*data.get(name, []), value] if name == "kept" else value
    return data | typed
