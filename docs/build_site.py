"""Builds the site: the pages of this folder, the notebooks as they are stored, and a reference of every public name.

python docs/build_site.py              # into build/site; open build/site/index.html, no server is needed
python docs/build_site.py --to FOLDER

It needs the extra `docs`. The pages are copied, each to its place in the repository, so that their relative links hold;
source files they link to become pages too. Warnings of Sphinx are errors, and so is every broken link
(site/links.py). A new page needs one line, in the navigation of site/index.md.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "docs" / "site"
PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "notebooks/*.md", "notebooks/*.ipynb"]
PICTURES = ["docs/pictures/**/*.*"]
CODE = ["examples/*.py"]  # pages whether something links to them or not
LANGUAGES = {".py": "python", ".toml": "toml", ".ipynb": "json"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", flags=re.MULTILINE | re.DOTALL)


def outside_fences(text, change):
    """The text, with its parts that are not blocks of code changed, and no empty line at the end of a block."""
    end, parts = 0, []
    for fence in FENCE.finditer(text):
        parts += [change(text[end : fence.start()]), re.sub(r"\n\s*\n(.*)$", r"\n\1", fence[0])]
        end = fence.end()
    return "".join([*parts, change(text[end:])])


class Source:
    """The folder that Sphinx reads, laid out as the repository."""

    def __init__(self, folder):
        self.folder = folder
        self.code = set()  # files shown as pages
        pages = {path for pattern in PAGES for path in ROOT.glob(pattern)}
        self.pages = {path.relative_to(ROOT) for path in pages}

    def write(self):
        for path in sorted(self.pages):
            change = self.notebook if path.suffix == ".ipynb" else self.markdown
            self.put(path, change(path, (ROOT / path).read_text(encoding="utf-8")))
        self.put(Path("index.md"), (SITE / "index.md").read_text(encoding="utf-8"))
        for pattern in PICTURES:
            for picture in ROOT.glob(pattern):
                target = self.folder / picture.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(picture, target)
        self.code |= {path.relative_to(ROOT) for pattern in CODE for path in ROOT.glob(pattern)}
        while listed := sorted(self.code - self.pages):
            for path in listed:
                self.pages.add(path)
                self.put(path.with_name(f"{path.name}.md"), self.listing(path))

    def put(self, path, text):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")

    def markdown(self, page, text):
        """A page whose links to source files lead to the pages that show these; those to folders are plain text."""

        def link(match):
            picture, label, target = match.groups()
            place, _, _ = target.partition("#")
            if picture or not place or re.match(r"[a-z]+:", target):
                return match[0]
            path = Path(os.path.normpath(page.parent / place))
            if path in self.pages:
                return match[0] if path.suffix in (".md", ".ipynb") else f"[{label}]({place}.md)"
            if (ROOT / path).is_dir():
                return label
            if not (ROOT / path).is_file():
                raise SystemExit(f"{page}: a link to {target}, which does not exist")
            if path.suffix == ".md":
                self.pages.add(path)
                self.put(path, "---\norphan: true\n---\n" + self.markdown(path, (ROOT / path).read_text("utf-8")))
                return match[0]
            self.code.add(path)
            return f"[{label}]({place}.md)"

        return outside_fences(text, lambda part: LINK.sub(link, part))

    def notebook(self, page, text):
        content = json.loads(text)
        section = ""
        for cell in content["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                headings = re.findall(r"^#+ (.*)", source, flags=re.MULTILINE)
                section = headings[-1] if headings else section
                cell["source"] = self.markdown(page, source)
            elif pictures := [
                o["data"]["image/svg+xml"] for o in cell["outputs"] if "image/svg+xml" in o.get("data", ())
            ]:
                alt = "; ".join(described("".join(picture), section) for picture in pictures)
                cell["metadata"]["mystnb"] = {"image": {"alt": alt}}
        return json.dumps(content)

    def listing(self, path):
        code = (ROOT / path).read_text(encoding="utf-8")
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code) or [""]))
        language = LANGUAGES.get(path.suffix, "text")
        start = f"---\norphan: true\nnosearch: true\n---\n# {path.as_posix()}\n\n"
        picture = ROOT / "docs" / "pictures" / "examples" / f"{path.stem}.svg"
        if path.parent.name == "examples" and picture.exists():
            subject = code.partition("\n")[0].strip('"')
            start += f"![What the script draws. {subject}](../{picture.relative_to(ROOT).as_posix()})\n\n"
        return f"{start}{fence}{language}\n{code}\n{fence}\n"


def described(svg, section):
    """The words for a picture: the title that `draw` gives it, or the words that a plot shows."""
    if title := re.search(r"<title>(graph of .*?)</title>", svg):
        return f"{title[1].capitalize()}, with values and gradients".replace("Graph", "The graph")
    words = dict.fromkeys(
        w for w in re.findall(r"<!-- (.*?) -->", svg) if re.search("[a-zA-Z]{2}", w) and "\\math" not in w
    )
    return f"Plot in the section “{section}”" + (f", with the words: {', '.join(words)}" if words else "")


def build(target):
    """Write the site into a folder, which is emptied first; returns what is wrong with it."""
    import links
    import reference

    with tempfile.TemporaryDirectory() as scratch:
        source = Source(Path(scratch) / "source")
        source.write()
        for path, text in reference.pages().items():
            source.put(Path(path), text)
        shutil.rmtree(target, ignore_errors=True)
        options = ["--fail-on-warning", "--keep-going", "-q", "-j", "2", "-c", SITE, "-d", Path(scratch) / "trees"]
        command = [sys.executable, "-m", "sphinx", "-b", "html", *options, source.folder, target]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        if failed := subprocess.run(command, env=environment).returncode:
            return [f"Sphinx ended with code {failed}"]
        for page in ROOT.glob("docs/pictures/*.html"):  # shown as they are
            (target / page.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, target / page.relative_to(ROOT))
    return links.mistakes(target)


def main():
    """Build, or say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "site", metavar="FOLDER")
    target = parser.parse_args().to.resolve()
    if mistakes := build(target):
        raise SystemExit("\n".join(mistakes))
    print(f"{len(list(target.rglob('*.html')))} pages: {target / 'index.html'}")


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(SITE)]
    main()
