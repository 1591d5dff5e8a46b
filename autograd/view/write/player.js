const animation = JSON.parse(document.getElementById('animation').textContent);
const moments = animation.moments, last = moments.length, svg = document.querySelector('#stage svg');
const turn = moments.filter(m => m.pass === 'forward').length;
const isOp = new Set(moments.filter(m => m.pass === 'forward' && !m.inner).map(m => m.node));
const get = id => document.getElementById(id);
const boxes = new Map();
document.querySelectorAll('#stage .node').forEach(group => {
  const parts = { group, lines: [], bars: [] }, rows = [];
  group.querySelectorAll('text').forEach(text => {
    if (text.getAttribute('y') === '15') return;                        // the header
    const label = text.textContent.match(/^(?:\[(\d+)\] )?(value|grad)$/);
    const y = Number(text.getAttribute('y'));
    if (label) rows.push({ y, kind: label[2], index: Number(label[1] ?? -1), count: 0 });
    const row = rows[rows.length - 1];
    if (!row) return;
    text.classList.add('is-' + row.kind);
    if (row.kind === 'grad') {
      parts.lines.push({ text, full: text.textContent, index: row.index, place: label ? -1 : row.count++ });
    }
  });
  group.querySelectorAll('path').forEach(path => {                      // histograms
    if (path.getAttribute('fill') !== '#565c66') return;
    const row = rows.filter(r => r.y <= bottom(path)).pop();
    if (!row) return;
    path.classList.add('is-' + row.kind);
    if (row.kind === 'grad') parts.bars.push({ path, index: row.index });
  });
  const rects = group.querySelectorAll(':scope > rect');
  if (rects.length) rects[rects.length - 1].classList.add('rim');
  boxes.set(Number(group.dataset.node), parts);
});
function bottom(path) { return Number(path.getAttribute('d').match(/^M[\d.-]+ ([\d.-]+)/)[1]); }
let now = 0, timer = null, chosen = null, arrows = [];

function arrived(grads, id, sum) {
  if (!grads.has(id)) grads.set(id, new Map());
  grads.get(id).set(sum.index, sum);
}
function draw() {
  const computed = new Set(), fired = new Set(), grads = new Map(), m = moments[now - 1];
  for (let i = 0; i < now; i++) {
    const at = moments[i];
    if (at.pass === 'forward') { if (!at.inner) computed.add(at.node); }
    else {
      fired.add(at.node);
      at.sends.forEach(s => { if (!s.inner) arrived(grads, s.to, s); });
    }
  }
  if (now > turn || now === turn) arrived(grads, animation.start.node, animation.start);
  boxes.forEach((parts, id) => {
    const list = parts.group.classList, g = grads.get(id);
    list.toggle('hide-value', isOp.has(id) && !computed.has(id));
    list.toggle('hide-grad', !g);
    list.toggle('firing', !!m && m.node === id);
    list.toggle('fired', fired.has(id) && !(m && m.node === id));
    list.toggle('waiting', !!m && m.pass === 'backward' && m.waiting.includes(id));
    list.toggle('chosen', id === chosen);
    parts.lines.forEach(({ text, full, index, place }) => {
      const sum = g && g.get(index), partial = !!sum && !sum.complete;
      text.classList.toggle('later', !sum);                             // of several results some may still wait
      if (place < 0) return;
      text.textContent = partial ? sum.grad[place] ?? '' : full;
      text.classList.toggle('partial', partial);
    });
    parts.bars.forEach(({ path, index }) => {
      const sum = g && g.get(index);
      path.style.display = !sum || sum.complete ? '' : 'none';
      path.classList.toggle('later', !sum);
    });
  });
  point(m);
  get('where').textContent = now === 0 ? 'Start: only inputs and parameters have values'
    : m.pass === 'forward' ? 'Forward pass' : 'Backward pass';
  const words = now === 0 ? `${animation.note}\nPress the right arrow key or the play button.`.trim() : m.text;
  get('what').replaceChildren(...words.split('\n').map(line => {
    const row = document.createElement('div');
    row.textContent = line.trim();
    return row;
  }));
  get('slider').value = now;
  get('count').textContent = now <= turn ? `forward ${now} of ${turn}` : `backward ${now - turn} of ${last - turn}`;
  if (m && boxes.has(m.node)) show(boxes.get(m.node).group);
  about(chosen === null && m ? m.node : chosen);
}

function show(group) {
  const stage = get('stage'), a = group.getBoundingClientRect(), b = stage.getBoundingClientRect();
  if (a.left < b.left || a.right > b.right) stage.scrollLeft += (a.left + a.right - b.left - b.right) / 2;
  if (a.top < b.top || a.bottom > b.bottom) stage.scrollTop += (a.top + a.bottom - b.top - b.bottom) / 2;
}
function fit() {
  const [, , w, h] = svg.getAttribute('viewBox').split(' ').map(Number), stage = get('stage');
  const zoom = Math.max(.8, Math.min(1, (stage.clientWidth - 20) / w, (stage.clientHeight - 20) / h));
  svg.setAttribute('width', w * zoom);
  svg.setAttribute('height', h * zoom);
}

function point(m) {
  arrows.forEach(a => a.remove());
  arrows = [];
  if (!m || m.pass !== 'backward' || !boxes.has(m.node)) return;
  const layer = boxes.get(m.node).group.parentNode;
  [...new Set(m.sends.map(s => s.to))].forEach(to => {
    if (!boxes.has(to) || to === m.node) return;                        // inside of a closed call nothing is drawn
    const a = frame(m.node), b = frame(to);
    const flat = Math.abs(a.x + a.w / 2 - b.x - b.w / 2) > Math.abs(a.y + a.h / 2 - b.y - b.h / 2);
    const from = flat ? [a.x > b.x ? a.x : a.x + a.w, a.y + a.h / 2] : [a.x + a.w / 2, a.y > b.y ? a.y : a.y + a.h];
    const end = flat ? [a.x > b.x ? b.x + b.w : b.x, b.y + b.h / 2] : [b.x + b.w / 2, a.y > b.y ? b.y + b.h : b.y];
    const mid = flat ? [[(from[0] + end[0]) / 2, from[1]], [(from[0] + end[0]) / 2, end[1]]]
      : [[from[0], (from[1] + end[1]) / 2], [end[0], (from[1] + end[1]) / 2]];
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', `M${from}C${mid[0]} ${mid[1]} ${end}`);
    path.setAttribute('class', 'flow');
    path.setAttribute('style', 'fill:none;stroke:#d55e00;stroke-width:3.5;stroke-opacity:.75;pointer-events:none');
    path.setAttribute('marker-end', 'url(#tip)');
    layer.appendChild(path);
    arrows.push(path);
  });
}
function frame(id) {
  const group = boxes.get(id).group, rect = group.querySelector('rect.rim');
  const at = group.getAttribute('transform').match(/[\d.-]+/g).map(Number);
  return { x: at[0], y: at[1], w: Number(rect.getAttribute('width')), h: Number(rect.getAttribute('height')) };
}

function about(id) {
  const facts = id === null || id === undefined ? null : animation.nodes[id];
  const list = get('facts');
  list.replaceChildren();
  if (!facts) return;
  const reached = now >= last || (chosen !== null);
  Object.entries(facts).forEach(([key, text]) => {
    if (key === 'gradient' && !reached) return;
    const dt = document.createElement('dt'), dd = document.createElement('dd');
    dt.textContent = key; dd.textContent = text;
    list.append(dt, dd);
  });
}
function go(to) { now = Math.max(0, Math.min(last, to)); draw(); }
function play() {
  if (timer) { clearInterval(timer); timer = null; }
  else {
    if (now === last) now = 0;
    const pause = Math.max(100, Math.min(1000, 120000 / last));          // long passes are played in two minutes
    timer = setInterval(() => { go(now + 1); if (now === last) play(); }, pause);
  }
  get('play').textContent = timer ? 'pause' : 'play';
}
svg.insertAdjacentHTML('afterbegin', '<defs><marker id="tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="4"'
  + ' markerHeight="4" orient="auto"><path d="M0 0L10 5L0 10z" fill="#d55e00"/></marker></defs>');
document.addEventListener('click', e => {
  const node = e.target.closest('#stage .node');
  if (node) { const id = Number(node.dataset.node); chosen = chosen === id ? null : id; draw(); }
  else if (e.target.closest('#stage')) { chosen = null; draw(); }
});
get('first').onclick = () => go(0);
get('back').onclick = () => go(now - 1);
get('next').onclick = () => go(now + 1);
get('turn').onclick = () => go(turn);
get('end').onclick = () => go(last);
get('play').onclick = play;
get('slider').max = last;
get('slider').oninput = e => go(Number(e.target.value));
window.addEventListener('resize', fit);
window.addEventListener('keydown', e => {
  const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: last, PageDown: turn }[e.key];
  if (to !== undefined) { e.preventDefault(); go(to); }
  else if (e.key === ' ') { e.preventDefault(); play(); }
  else if (e.key === 'Escape') { chosen = null; draw(); }
});
fit();
go(0);
