"""What is wrong with a built site: links and anchors that lead nowhere, what is loaded from elsewhere, pictures without
words. Reads the finished HTML, so that it sees what Sphinx and raw HTML wrote alike.
"""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser loads by itself, by tag; a link that a reader may follow is none of these.
LOADED = {"link": "href", "image": "href", "use": "href", "object": "data"}
LOADED |= dict.fromkeys(("script", "img", "iframe", "embed", "source", "video", "audio"), "src")
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")


class Page(HTMLParser):
    """The anchors of a page, where its links lead, what it loads, and its pictures without words."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.loaded, self.wordless = {"", "top"}, [], [], []
        text = path.read_text(encoding="utf-8")
        self.feed(text)
        self.loaded += [
            address for style in re.findall("<style.*?</style>", text, re.S) for address in in_styles(style)
        ]

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and found.get("href") is not None:
            self.links.append(found["href"])
        if (key := LOADED.get(tag)) and found.get(key) and found.get("rel") not in ("canonical", "alternate"):
            self.loaded.append(found[key])
        if tag == "img" and not (found.get("alt") or "").strip():
            self.wordless.append(found.get("src"))


def in_styles(text):
    """The addresses elsewhere that a style sheet loads from."""
    return [m[1].removeprefix("url(").strip("\"'") for m in IN_STYLES.finditer(text)]


def mistakes(site):
    """One line per mistake."""
    site = Path(site).resolve()
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    sheets = {path: in_styles(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.css"))}
    found = [(path, what) for path in pages for what in _of(path, pages)]
    found += [(path, f"loaded from elsewhere: {address}") for path in sheets for address in sheets[path]]
    return [f"{path.relative_to(site)}: {what}" for path, what in found]


def _of(path, pages):
    page = pages[path]
    yield from (f"no alt text: {source}" for source in page.wordless)
    for address in page.loaded:
        if _elsewhere(address):
            yield f"loaded from elsewhere: {address}"
    for address in page.links + page.loaded:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.exists():
            yield f"leads nowhere: {address}"
        elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"no such anchor: {address}"


def _elsewhere(address):
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")
