"""The output formats: SVG, DOT, Mermaid, an indented tree, HTML pages; the graph behind a picture is unknown here."""
