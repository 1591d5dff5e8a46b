"""The long description and the links of the package, for a package index.

README.md links to files beside it, which an index does not have. If pyproject.toml gives the project's address
(`[tool.chainrule] address`), links and pictures lead there instead, to the files of this version. Without an address
the text stays as it is.
"""

import re
import tomllib
from pathlib import Path
from urllib.parse import urljoin

from hatchling.metadata.plugin.interface import MetadataHookInterface

CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", flags=re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"(!\[[^\]]*\]\(|<img\b[^>]*?\bsrc=\")([^)\"\s]+)")
LINK = re.compile(r"(\]\(|<a\b[^>]*?\bhref=\")([^)\"\s]+)")


def absolute(text: str, address: str, version: str) -> str:
    """A Markdown text at the root of the project, with its relative links and pictures at the address."""

    def moved(part: str) -> str:
        for pattern, kind in ((PICTURE, "raw"), (LINK, "blob")):
            start = f"{address}/{kind}/v{version}/README.md"
            part = pattern.sub(lambda found, start=start: found[1] + urljoin(start, found[2]), part)
        return part

    parts = CODE.split(text)
    parts[::2] = map(moved, parts[::2])
    return "".join(parts)


class Links(MetadataHookInterface):
    """Fills the fields `readme` and `urls`."""

    def update(self, metadata: dict) -> None:
        """Called by hatchling with the table `project` of pyproject.toml, the version included."""
        root, version = Path(self.root), metadata["version"]
        text = (root / "README.md").read_text(encoding="utf-8")
        address = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["chainrule"]["address"]
        metadata["urls"] = {}
        if address:
            metadata["urls"] = {
                "Source": address,
                "Documentation": f"{address}/tree/v{version}/docs",
                "Changelog": f"{address}/blob/v{version}/CHANGELOG.md",
                "Issues": f"{address}/issues",
            }
            text = absolute(text, address, version)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
