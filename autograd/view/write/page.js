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
