"""A page as a person uses it: links by their words, buttons by their words, fields by their labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "br", "img", "hr", "meta", "link", "path", "rect", "circle"}


@dataclass
class Button:
    words: str
    name: str
    value: str
    disabled: bool


@dataclass
class Form:
    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


@dataclass
class Control:
    """One input of a form; ``value`` is what a choice sends."""

    form: Form
    name: str
    kind: str
    value: str


class Page(HTMLParser):
    """Everything that can be followed, filled in or pressed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._controls: dict[str, Control] = {}
        self._labels: list[tuple[str, str, str]] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._form: Form | None = None
        self._select: Control | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag in ("input", "select", "textarea") and self._form is not None and given.get("name"):
            self._control(tag, given)
        elif tag == "option" and self._select is not None:
            form, name = self._select.form, self._select.name
            if "selected" in given or name not in form.values:
                form.values[name] = [given.get("value", "")]
        if tag not in VOID:
            self._open.append((tag, given, []))

    def _control(self, tag, given):
        kind = given.get("type", tag)
        control = Control(self._form, given["name"], kind, given.get("value", "on"))
        key = given.get("id") or f"inside-{len(self._controls)}"
        self._controls[key] = control
        around = next((one for one in reversed(self._open) if one[0] == "label"), None)
        if around is not None:
            around[1].setdefault("for", key)
        if tag == "select":
            self._select = control
        elif kind not in ("radio", "checkbox", "file") or "checked" in given:
            self._form.values.setdefault(given["name"], []).append(given.get("value", ""))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data):
        self.words.append(data)
        for _, _, words in self._open:
            words.append(data)

    def handle_endtag(self, tag):
        while any(one[0] == tag for one in self._open):
            name, given, words = self._open.pop()
            said = " ".join("".join(words).split())
            if name == "a" and "href" in given:
                self.links.append((said, given["href"]))
            elif name == "button" and self._form is not None:
                button = Button(said, given.get("name", ""), given.get("value", ""), "disabled" in given)
                self._form.buttons.append(button)
            elif name == "textarea" and self._form is not None:
                self._form.values[given["name"]] = ["".join(words).removeprefix("\n")]
            elif name in ("label", "b"):
                around = [one for one in self._open if one[0] == "label"]
                outer = around[-1][1].get("for", "") if around else ""
                self._labels.append((said, given.get("for") or outer, name))
            elif name == "form":
                self._form = None
            elif name == "select":
                self._select = None
            if name == tag:
                break

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def link(self, words: str) -> str:
        """The address behind the first link of these words, else that begins so, else that has them."""
        exact = [href for said, href in self.links if said == words]
        begins = [href for said, href in self.links if said.startswith(words)]
        found = exact or begins or [href for said, href in self.links if words in said]
        assert found, f"no link “{words}” among {[said for said, _ in self.links]}"
        return found[0]

    def button(self, words: str) -> tuple[Form, Button]:
        """The first button of exactly these words (or that begin so), with its form."""
        for same in (str.__eq__, str.startswith):
            for form in self.forms:
                for button in form.buttons:
                    if same(button.words, words):
                        assert not button.disabled, f"“{words}” cannot be pressed"
                        return form, button
        raise AssertionError(f"no button “{words}” among {[b.words for f in self.forms for b in f.buttons]}")

    def control(self, label: str, form: Form) -> Control:
        """What the label stands at, inside ``form``."""
        for said, target, _ in self._labels:
            control = self._controls.get(target)
            if control is not None and control.form is form and said.removesuffix(" (optional)") == label:
                return control
        here = [said for said, target, _ in self._labels if target in self._controls]
        raise AssertionError(f"no field “{label}” among {here}")
