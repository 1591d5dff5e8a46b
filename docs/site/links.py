"""What is wrong with a built site: links and anchors that lead nowhere, what is loaded from elsewhere, pictures without
words. Reads the finished HTML, so that it sees what Sphinx and raw HTML wrote alike.
"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser loads by itself, by tag; a link of the reader's is none of these.
LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "link": "href",
}
LOADED |= {"object": "data", "embed": "src", "image": "href", "use": "href"}


class Page(HTMLParser):
    """The anchors of a page, where its links lead, what it loads, and its pictures without words."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.loaded, self.wordless = {"", "top"}, [], [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag == "a" and found.get("href") is not None:
            self.links.append(found["href"])
        if (key := LOADED.get(tag)) and found.get(key) and found.get("rel") not in ("canonical", "alternate"):
            self.loaded.append(found[key])
        if tag == "img" and not (found.get("alt") or "").strip():
            self.wordless.append(found.get("src"))

    handle_startendtag = handle_starttag


def mistakes(site):
    """One line per mistake."""
    pages = {path: Page(path) for path in sorted(Path(site).resolve().rglob("*.html"))}
    return [f"{path.relative_to(Path(site).resolve())}: {what}" for path in pages for what in _of(path, pages)]


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
