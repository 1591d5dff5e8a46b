"""Writes a picture as one HTML page that needs no network: drag to move, wheel to zoom, click a box for its numbers."""

from __future__ import annotations

import json
from html import escape

from autograd.view.picture.boxes import Picture

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; font: 14px/1.45 Helvetica, Arial, sans-serif; color: #1a1a1a; display: flex; height: 100vh; }
#stage { flex: 1; overflow: hidden; cursor: grab; background: #fff; touch-action: none; }
#stage.moving { cursor: grabbing; }
#stage svg { transform-origin: 0 0; }
#stage .node { cursor: pointer; }
#stage .node.chosen > rect { stroke-width: 3; }
aside { width: 300px; border-left: 1px solid #d5d9e0; padding: 16px; overflow: auto; }
aside h1 { font-size: 16px; margin: 0 0 8px; }
aside pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 12.5px/1.5 monospace; margin: 0; }
aside p { color: #565c66; }
button { font: inherit; padding: 2px 10px; }
"""

_SCRIPT = """
const stage = document.getElementById('stage'), svg = stage.querySelector('svg');
const facts = JSON.parse(document.getElementById('facts').textContent);
let x = 0, y = 0, zoom = 1, from = null, moved = false;
const show = () => { svg.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`; };
const about = (factor, px, py) => {
  const next = Math.min(8, Math.max(0.02, zoom * factor));
  x = px - (px - x) * next / zoom; y = py - (py - y) * next / zoom; zoom = next; show();
};
const fit = () => {
  zoom = Math.min(1, stage.clientWidth / svg.width.baseVal.value, stage.clientHeight / svg.height.baseVal.value);
  x = y = 0; show();
};
const middle = factor => about(factor, stage.clientWidth / 2, stage.clientHeight / 2);
stage.addEventListener('wheel', e => {
  e.preventDefault();
  const frame = stage.getBoundingClientRect();
  about(Math.exp(-e.deltaY / 500), e.clientX - frame.left, e.clientY - frame.top);
}, { passive: false });
stage.addEventListener('pointerdown', e => { from = [e.clientX - x, e.clientY - y]; moved = false; });
window.addEventListener('pointermove', e => {
  if (!from) return;
  const nx = e.clientX - from[0], ny = e.clientY - from[1];
  if (Math.abs(nx - x) + Math.abs(ny - y) > 3) { moved = true; stage.classList.add('moving'); }
  if (moved) { x = nx; y = ny; show(); }
});
window.addEventListener('pointerup', () => { from = null; stage.classList.remove('moving'); });
stage.addEventListener('click', e => {
  const node = e.target.closest('.node');
  if (!node || moved) return;
  svg.querySelectorAll('.chosen').forEach(n => n.classList.remove('chosen'));
  node.classList.add('chosen');
  const fact = facts[node.dataset.node];
  document.getElementById('name').textContent = fact[0];
  document.getElementById('about').textContent = fact[1];
});
document.getElementById('in').onclick = () => middle(1.3);
document.getElementById('out').onclick = () => middle(1 / 1.3);
document.getElementById('fit').onclick = fit;
window.addEventListener('keydown', e => {
  if (e.key === '+') middle(1.3); else if (e.key === '-') middle(1 / 1.3); else if (e.key === '0') fit();
});
fit();
"""


def write_page(picture: Picture, svg: str) -> str:
    """The page around an SVG of the picture."""
    facts = {box.id: [f"{box.title} {box.heading}".strip(), box.tooltip] for box in picture.boxes}
    data = json.dumps(facts).replace("<", "\\u003c")
    names = ", ".join(box.title or box.heading for box in picture.boxes if box.output)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(f"Graph of {names}" if names else "Graph")}</title>
<style>{_STYLE}</style>
</head>
<body>
<div id="stage">{svg}</div>
<aside>
<p><button id="in">+</button> <button id="out">-</button> <button id="fit">fit</button></p>
<h1 id="name">Graph</h1>
<pre id="about">Click a box to see its numbers with all digits. Drag to move, turn the wheel to zoom.</pre>
</aside>
<script type="application/json" id="facts">{data}</script>
<script>{_SCRIPT}</script>
</body>
</html>
"""
