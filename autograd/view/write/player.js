const animation = JSON.parse(document.querySelector('script[type="application/json"]').textContent);
const moments = animation.moments, last = moments.length, get = id => document.getElementById(id);
const turn = moments.filter(m => m.pass === 'forward').length;
const isOp = new Set(moments.filter(m => m.pass === 'forward' && !m.inner).map(m => m.node));
const totals = new Map(), key = s => `${s.to} ${s.index}`;
moments.forEach(m => (m.sends || []).forEach(s => { if (!s.inner) totals.set(key(s), (totals.get(key(s)) || 0) + 1); }));
const main = document.querySelector('main'), facts = chainrule.said(animation);
const view = chainrule.pane(get('stage'), get('stage').querySelector('svg'), { tall: true, dresses: main });
const boxes = new Map();
view.nodes.forEach(({ el: group, w, h }, id) => {
  const parts = { group, w, h, lines: [], bars: [] }, rows = [];
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
  group.querySelectorAll('path.bars').forEach(path => {
    const y = Number(path.getAttribute('d').match(/^M[\d.-]+ ([\d.-]+)/)[1]), row = rows.filter(r => r.y <= y).pop();
    if (!row) return;
    path.classList.add('is-' + row.kind);
    if (row.kind === 'grad') parts.bars.push({ path, index: row.index });
  });
  parts.filling = chainrule.draw('rect', { class: 'filling', x: 0, y: h + 1.5, height: 4, width: 0, rx: 2 });
  group.append(parts.filling);
  boxes.set(id, parts);
});
const counts = animation.counts, count = n => n.toLocaleString('en'), note = [
  ...(document.querySelector('.node[data-kind=module]') ? [`The graph has ${count(counts.nodes)} nodes, so each call of a `
    + 'module is shown as one box. Click on it to list its operations.'] : []),
  ...animation['left out'].map(what => `${what}: those farthest from the result. The steps describe them in words.`),
  ...(counts.operations > counts.most ? [`Of ${count(counts.operations)} operations, the page plays the ${count(counts.most)} `
    + "nearest to the result; 'for step in steps(...)' gives all of them."] : []),
].join('\n');
let now = 0, timer = null, chosen = null, flows = [], travel = null;

function draw(arriving = false) {                      // arriving: what the last operation sends is still on its way
  const computed = new Set(), fired = new Set(), grads = new Map(), counts = new Map(), m = moments[now - 1];
  const arrived = (id, sum) => { if (!grads.has(id)) grads.set(id, new Map()); grads.get(id).set(sum.index, sum); };
  if (now >= turn) arrived(animation.start.node, animation.start);
  for (let i = 0; i < now; i++) {
    const at = moments[i];
    if (at.pass === 'forward') { if (!at.inner) computed.add(at.node); continue; }
    fired.add(at.node);
    if (arriving && i === now - 1) continue;
    at.sends.forEach(s => {
      if (s.inner) return;
      arrived(s.to, s);
      counts.set(key(s), (counts.get(key(s)) || 0) + 1);
    });
  }
  boxes.forEach((parts, id) => {
    const list = parts.group.classList, g = grads.get(id);
    list.toggle('hide-value', isOp.has(id) && !computed.has(id));
    list.toggle('hide-grad', !g);
    list.toggle('firing', !!m && m.node === id);
    list.toggle('fired', fired.has(id) && !(m && m.node === id));
    list.toggle('waiting', !!m && m.pass === 'backward' && m.waiting.includes(id));
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
    const shares = [...totals].filter(([k]) => k.startsWith(`${id} `));
    const all = shares.reduce((sum, [, n]) => sum + n, 0);
    const share = all ? shares.reduce((sum, [k]) => sum + (counts.get(k) || 0), 0) / all : 0;
    parts.filling.setAttribute('width', parts.w * share);
    parts.filling.classList.toggle('full', share === 1);
  });
  view.picture.frames.forEach(f => {                                    // what happens inside of a folded module
    f.el.classList.toggle('firing', f.folded && !!m && view.nodes.has(m.node) && within(view.nodes.get(m.node), f));
  });
  get('where').textContent = now === 0 ? 'Start: only inputs and parameters have values'
    : m.pass === 'forward' ? 'Forward pass' : 'Backward pass';
  const words = now === 0 ? `${note}\nPress the right arrow key or the play button.`.trim() : m.text;
  get('what').classList.toggle('plain', now === 0);
  get('what').replaceChildren(...words.split('\n').map(line => chainrule.make('div', { textContent: line.trim() })));
  get('slider').value = now;
  get('count').textContent = now <= turn ? `forward ${now} of ${turn}` : `backward ${now - turn} of ${last - turn}`;
  const node = m && view.nodes.get(m.node);
  if (node && !node.hidden) view.center(node, false);
  about(chosen === null && m ? m.node : chosen);
}
const within = (a, b) => a.x >= b.x && a.y >= b.y && a.x + a.w <= b.x + b.w && a.y + a.h <= b.y + b.h;

function about(id) {
  const node = view.nodes.get(id), parts = boxes.get(id);
  get('name').textContent = get('facts').textContent = '';
  if (!node) return;
  const title = [...parts.group.querySelectorAll('text')].filter(t => t.getAttribute('y') === '15');
  get('name').textContent = title.map(t => t.textContent).join(' ');
  const reached = now >= last || chosen !== null;
  const lines = node.tip.split('\n').slice(1).filter(line => reached || !line.startsWith('grad '));
  get('facts').textContent = [...lines, facts(id)].join('\n').trim();
}

// --- the products on their way back -----------------------------------------------------------------------------------

function curve(from, to) {                             // where the arrow of the picture cannot be followed
  const a = view.nodes.get(from).at, b = view.nodes.get(to).at;
  const [x, y, u, v] = [a.x + a.w / 2, a.y + a.h / 2, b.x + b.w / 2, b.y + b.h / 2];
  return `M${x} ${y}C${(x + u) / 2} ${y} ${(x + u) / 2} ${v} ${u} ${v}`;
}
function stop() {
  if (travel) cancelAnimationFrame(travel.frame);
  flows.forEach(el => el.remove());
  flows = [];
  travel = null;
}
function point(m, moving) {                            // the arrows on which an operation passes its gradient on
  stop();
  if (!m || m.pass !== 'backward' || !view.nodes.has(m.node)) return;
  const seen = new Map(), tokens = [], graph = view.picture.graph;
  m.sends.forEach(s => {
    if (s.to === m.node || !view.nodes.has(s.to)) return;               // inside of a closed call nothing is drawn
    const target = view.nodes.get(m.node), operand = view.nodes.get(s.to);
    if (target.hidden || operand.hidden) return;
    const nth = seen.get(s.to) || 0;
    seen.set(s.to, nth + 1);
    const pieces = view.way(s.to, m.node, nth);
    const line = chainrule.draw('path', { class: 'flow', d: pieces ? pieces.map(p => p.d).join('') : curve(s.to, m.node) });
    graph.insertBefore(line, graph.querySelector(':scope > text[text-anchor]'));    // below the numbers at the arrows
    flows.push(line);
    const said = s.product.length > 26 ? `${s.product.slice(0, 24)}…` : s.product;
    const w = 12 + 6.4 * said.length, token = chainrule.draw('g', { class: 'token' });
    token.append(chainrule.draw('rect', { x: -w / 2, y: -9, width: w, height: 18, rx: 9 }), chainrule.draw('text', { y: 4 }));
    token.lastChild.textContent = said;
    tokens.push({ token, line, length: line.getTotalLength() });
  });
  const still = !moving || matchMedia('(prefers-reduced-motion: reduce)').matches || !tokens.length;
  if (still) return;
  tokens.forEach(({ token }) => { graph.append(token); flows.push(token); });
  const begun = performance.now(), duration = timer ? Math.min(700, 0.7 * pause()) : 700;
  travel = { frame: 0 };
  const step = time => {
    const part = Math.min(1, (time - begun) / duration), eased = part * part * (3 - 2 * part);
    tokens.forEach(({ token, line, length }) => {
      const p = line.getPointAtLength(length * (1 - eased));
      token.setAttribute('transform', `translate(${p.x},${p.y})`);
    });
    if (part < 1) { travel.frame = requestAnimationFrame(step); return; }
    tokens.forEach(({ token }) => token.remove());
    travel = null;
    draw();
  };
  step(begun);
}

// --- moving through the pass ------------------------------------------------------------------------------------------

function go(to, moving = false) {
  now = Math.max(0, Math.min(last, to));
  const m = moments[now - 1];
  point(m, moving);
  draw(!!travel);
}
function pause() { return Math.max(100, Math.min(1200, 120000 / last)); }  // long passes are played in two minutes
function play() {
  if (timer) { clearInterval(timer); timer = null; }
  else {
    if (now === last) now = 0;
    timer = setInterval(() => { go(now + 1, true); if (now === last) play(); }, pause());
  }
  get('play').textContent = timer ? 'pause' : 'play';
}
view.onchoose = id => { chosen = id; about(chosen === null && now ? moments[now - 1].node : chosen); };
view.onfold = () => go(now);
get('first').onclick = () => go(0);
get('back').onclick = () => go(now - 1);
get('next').onclick = () => go(now + 1, true);
get('turn').onclick = () => go(turn);
get('end').onclick = () => go(last);
get('play').onclick = play;
get('slider').max = last;
get('slider').oninput = e => go(Number(e.target.value));
window.addEventListener('message', e => {                             // from the notebook around the frame
  if (typeof e.data?.dark === 'boolean') document.body.style.background = e.data.dark ? '#1b1d21' : '#fff';
});
window.addEventListener('keydown', e => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.target.type === 'search') return;
  const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: last, PageDown: turn }[e.key];
  if (to !== undefined) { e.preventDefault(); go(to, e.key === 'ArrowRight'); }
  else if (e.key === ' ' && !e.target.closest('button, summary')) { e.preventDefault(); play(); }
  else if (e.key === 'Escape') view.choose(null);
});
if (view.scale() < 0.35) view.zoom(0.7 / view.scale());                // a long graph is followed step by step
go(0);
