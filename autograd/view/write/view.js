// A picture of a graph to move in: pan, zoom, fold, search, and the facts of each box. Once a page.
if (!window.chainrule) window.chainrule = (() => {
const NS = 'http://www.w3.org/2000/svg', KEEP = 30, FOLDED = [150, 44], LEGIBLE = 0.45;
const make = (tag, props, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};
const draw = (tag, attributes) => {
  const node = document.createElementNS(NS, tag);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  return node;
};
const number = (node, name) => Number(node.getAttribute(name));
const round = n => Math.round(n * 10) / 10;
const within = (a, b, slack = 0.6) => a.x >= b.x - slack && a.y >= b.y - slack
  && a.x + a.w <= b.x + b.w + slack && a.y + a.h <= b.y + b.h + slack;

// --- reading the picture --------------------------------------------------------------------------------------------

function steps(d) {                                   // a path as a list of points and curves, in absolute numbers
  const found = [];
  let x = 0, y = 0;
  for (const [, letter, text] of d.matchAll(/([Mlhvcz])([^Mlhvcz]*)/g)) {
    const n = (text.match(/-?[\d.]+/g) || []).map(Number);
    if (letter === 'z') continue;
    const steps = letter === 'h' ? [n[0], 0] : letter === 'v' ? [0, n[0]] : n;
    const points = letter === 'M' ? n : steps.map((v, i) => round(v + (i % 2 ? y : x)));
    found.push({ letter: letter === 'h' || letter === 'v' ? 'L' : letter.toUpperCase(), points });
    [x, y] = points.slice(-2);
  }
  return found;
}
const start = piece => piece.steps[0].points, end = piece => piece.steps[piece.steps.length - 1].points.slice(-2);
const near = (a, b, slack) => Math.abs(a[0] - b[0]) < slack && Math.abs(a[1] - b[1]) < slack;

function read(svg) {
  const graph = svg.querySelector('g.graph'), nodes = new Map(), frames = [], pieces = [], labels = [];
  const names = graph.querySelectorAll(':scope > text.name');
  graph.querySelectorAll(':scope > g.frame').forEach((el, i) => {
    const rects = [...el.querySelectorAll('rect')], r = rects[rects.length - 1];
    const box = { x: number(r, 'x'), y: number(r, 'y'), w: number(r, 'width'), h: number(r, 'height') };
    const inset = number(names[i], 'x') - box.x;  // the title stands beside the arrows that enter from above
    frames.push({ ...box, el, rects, name: names[i], inset, text: names[i].textContent, folded: false, at: { ...box } });
  });
  graph.querySelectorAll(':scope > g.node').forEach(el => {
    const [x, y] = el.getAttribute('transform').match(/-?[\d.]+/g).map(Number);
    const rects = el.querySelectorAll(':scope > rect'), r = rects[rects.length - 1];
    const id = Number(el.dataset.node), w = number(r, 'width'), h = number(r, 'height');
    nodes.set(id, { id, el, x, y, w, h, at: { x, y, w, h }, tip: (el.querySelector('title') || {}).textContent || '' });
  });
  [...graph.querySelectorAll(':scope > path')].forEach(path => {
    const line = path.getAttribute('fill') === 'none';
    path.getAttribute('d').split('M').slice(1).forEach(d => {
      const el = path.cloneNode();
      el.setAttribute('d', 'M' + d);
      path.before(el);
      pieces.push({ el, steps: steps('M' + d), line });
    });
    path.remove();
  });
  graph.querySelectorAll(':scope > text[text-anchor]').forEach(el => {
    const x = number(el, 'x'), y = number(el, 'y'), w = el.textContent.length * 5.4;
    const flat = el.getAttribute('text-anchor') === 'end';
    labels.push({ el, x, y, box: { x: flat ? x - w : x - w / 2, y: y - 9, w, h: 11 } });
  });
  pieces.forEach(piece => {                           // the head of an arrow stands at the end of its line
    const xs = piece.steps.flatMap(s => s.points.filter((_, i) => i % 2 === 0));
    const ys = piece.steps.flatMap(s => s.points.filter((_, i) => i % 2 === 1));
    piece.box = { x: Math.min(...xs), y: Math.min(...ys) };
    piece.box.w = Math.max(...xs) - piece.box.x;
    piece.box.h = Math.max(...ys) - piece.box.y;
  });
  const background = svg.querySelector(':scope > rect'), legend = svg.querySelector(':scope > g:not(.graph)');
  const size = svg.getAttribute('viewBox').split(' ').slice(2).map(Number);
  return { svg, graph, nodes, frames, pieces, labels, background, legend, size };
}

// --- folding --------------------------------------------------------------------------------------------------------

function squeeze(kept, loose) {                       // a monotone map that shortens loose stretches which hold nothing
  const cuts = [];
  let edge = -Infinity;
  kept.sort((a, b) => a[0] - b[0]).forEach(([from, to]) => {
    loose.forEach(([low, high]) => {
      const a = Math.max(edge, low), b = Math.min(from, high);
      if (b - a > KEEP) cuts.push([a, b]);
    });
    edge = Math.max(edge, to);
  });
  loose.forEach(([low, high]) => { if (high - Math.max(edge, low) > KEEP) cuts.push([Math.max(edge, low), high]); });
  cuts.sort((a, b) => a[0] - b[0]);
  const apart = [];
  cuts.forEach(([a, b]) => {
    const prior = apart[apart.length - 1];
    if (prior && a < prior[1]) prior[1] = Math.max(prior[1], b); else apart.push([a, b]);
  });
  return x => apart.reduce((sum, [a, b]) => sum - (x <= a ? 0 : (Math.min(x, b) - a) * (1 - KEEP / (b - a))), x);
}

function arrange(picture) {
  const folded = picture.frames.filter(f => f.folded);
  const hidden = box => folded.some(f => box !== f && within(box, f));
  const nodes = [...picture.nodes.values()];
  nodes.forEach(n => { n.hidden = hidden(n); });
  picture.frames.forEach(f => { f.hidden = hidden(f); });
  picture.labels.forEach(l => { l.hidden = hidden(l.box); });
  const boxes = [...nodes.filter(n => !n.hidden), ...picture.labels.filter(l => !l.hidden).map(l => l.box)];
  const closed = folded.filter(f => !f.hidden);
  const across = [...boxes.map(b => [b.x, b.x + b.w]),
    ...closed.map(f => [f.x, f.x + Math.min(f.w, Math.max(FOLDED[0], 26 + 6 * f.label().length))])];
  const down = [...boxes.map(b => [b.y, b.y + b.h]), ...closed.map(f => [f.y, f.y + Math.min(f.h, FOLDED[1])])];
  const fx = squeeze(across, closed.map(f => [f.x, f.x + f.w])), fy = squeeze(down, closed.map(f => [f.y, f.y + f.h]));
  const moved = box => ({ x: round(fx(box.x)), y: round(fy(box.y)) });
  nodes.forEach(n => {
    Object.assign(n.at, moved(n));
    n.el.style.display = n.hidden ? 'none' : '';
    n.el.setAttribute('transform', `translate(${n.at.x},${n.at.y})`);
  });
  picture.frames.forEach(f => {
    f.at = { ...moved(f), w: round(fx(f.x + f.w) - fx(f.x)), h: round(fy(f.y + f.h) - fy(f.y)) };
    f.el.style.display = f.name.style.display = f.hidden ? 'none' : '';
    f.rects.forEach((r, i) => {
      const depth = 4 * (f.rects.length - 1 - i);
      Object.entries({ x: f.at.x + depth, y: f.at.y - depth, width: f.at.w, height: f.at.h })
        .forEach(([key, value]) => r.setAttribute(key, value));
    });
    f.name.setAttribute('x', f.at.x + (f.folded ? 9 : f.inset));
    f.name.setAttribute('y', f.at.y + (f.folded ? f.at.h / 2 + 4 : 15));
    f.name.textContent = f.label();
    f.el.classList.toggle('folded', f.folded);
    f.el.setAttribute('aria-expanded', !f.folded);
    if (f.folded) f.name.before(f.el); else f.home.after(f.el);   // over the arrows that end inside of it
  });
  picture.pieces.forEach(p => {
    p.el.style.display = hidden(p.box) ? 'none' : '';
    const shift = p.line ? null : [fx(p.steps[0].points[0]) - p.steps[0].points[0],
      fy(p.steps[0].points[1]) - p.steps[0].points[1]];
    const text = p.steps.map(s => s.letter + s.points.map((v, i) => round(
      shift ? v + shift[i % 2] : i % 2 ? fy(v) : fx(v))).join(' ')).join('');
    p.d = text + (p.line ? '' : 'Z');
    p.el.setAttribute('d', p.d);
  });
  picture.labels.forEach(l => {
    l.el.style.display = l.hidden ? 'none' : '';
    l.el.setAttribute('x', round(fx(l.x)));
    l.el.setAttribute('y', round(fy(l.y)));
  });
  const less = [1e9 - fx(1e9), 1e9 - fy(1e9)], [w, h] = [picture.size[0] - less[0], picture.size[1] - less[1]];
  picture.now = [w, h];
  picture.background.setAttribute('width', w);
  picture.background.setAttribute('height', h);
  if (picture.legend) {
    const at = picture.legend.home ||= picture.legend.getAttribute('transform').match(/-?[\d.]+/g).map(Number);
    picture.legend.setAttribute('transform', `translate(${at[0]},${at[1] - less[1]})`);
  }
}

function way(picture, from, to, nth) {                // the pieces of the arrow from one box to another
  const a = picture.nodes.get(from), b = picture.nodes.get(to), lines = picture.pieces.filter(p => p.line);
  const grown = box => ({ x: box.x - 6, y: box.y - 6, w: box.w + 12, h: box.h + 12 });
  const on = ([x, y], box) => within({ x, y, w: 0, h: 0 }, grown(box), 0);
  const found = [];
  const search = (piece, rest) => {
    const path = [piece, ...rest];
    if (path.length > 400) return;
    if (on(start(piece), a) && !lines.some(p => near(end(p), start(piece), 0.7))) found.push(path);
    else lines.filter(p => !path.includes(p) && near(end(p), start(piece), 0.7)).forEach(p => search(p, path));
  };
  lines.filter(p => on(end(p), b)).sort((p, q) => end(p)[1] - end(q)[1] || end(p)[0] - end(q)[0])
    .forEach(p => search(p, []));
  return found.length ? found[nth % found.length] : null;
}

// --- the pane -------------------------------------------------------------------------------------------------------

function isDark(node) {                               // whether the page around it is dark, by its background
  for (let at = node; at; at = at.parentElement) {
    const c = getComputedStyle(at).backgroundColor.match(/[\d.]+/g).map(Number);
    if (c.length < 4 || c[3] > 0.5) return c[0] * 0.3 + c[1] * 0.59 + c[2] * 0.11 < 128;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

function pane(root, svg, { facts = () => '', open = null, depth = 0, tall = false, dresses = root } = {}) {
  if (!document.getElementById('chainrule-style')) {
    document.head.append(make('style', { id: 'chainrule-style', textContent: STYLE }));
  }
  const stage = make('div', { className: 'stage' });
  const find = make('input', { type: 'search', placeholder: 'find', title: 'find boxes by name (/)' });
  const heading = make('strong'), text = make('div', { className: 'about' }), side = make('aside', { hidden: true });
  const bar = make('div', { className: 'bar' });
  const button = (label, title, action) => {
    const b = make('button', { type: 'button', textContent: label, title, onclick: action });
    b.setAttribute('aria-label', title);
    bar.append(b);
    return b;
  };
  find.setAttribute('aria-label', find.title);
  side.append(make('button', { type: 'button', textContent: '×', title: 'close (Escape)', onclick: () => choose(null) }),
    heading, text);
  button('fit', 'show everything (0)', () => fit());
  button('+', 'larger (+)', () => zoom(1.3));
  button('−', 'smaller (-)', () => zoom(1 / 1.3));
  const fold = button('fold', 'fold or unfold all modules (f)', () => foldAll());
  bar.append(find);
  root.setAttribute('data-lm-suppress-shortcuts', 'true');             // Jupyter's keys stay out of it
  root.classList.add('live');
  root.replaceChildren(bar, stage, side);
  let picture, view, inside = '', chosen = null, matches = [], match = -1;
  const self = { root, stage, bar, way: (...ends) => way(picture, ...ends), onchoose: null, onfold: null };

  function take(next) {
    svg = next;
    picture = self.picture = read(svg);
    self.nodes = picture.nodes;
    svg.removeAttribute('width');
    svg.removeAttribute('height');
    svg.setAttribute('role', 'group');
    svg.querySelectorAll(':scope > title').forEach(t => { svg.setAttribute('aria-label', t.textContent); t.remove(); });
    stage.replaceChildren(svg);
    picture.frames.forEach(f => {
      f.home = document.createComment('');
      f.el.before(f.home);
      const inside = [...picture.nodes.values()].filter(n => within(n, f)).length;
      f.label = () => (f.folded ? `▸ ${f.text} (${inside} box${inside === 1 ? '' : 'es'})` : `▾ ${f.text}`);
      f.level = picture.frames.filter(g => g !== f && within(f, g)).length;
      f.el.setAttribute('role', 'button');
      f.el.setAttribute('tabindex', 0);
      f.el.setAttribute('aria-label', f.text);
      f.name.textContent = f.label();
    });
    picture.nodes.forEach(n => {
      const rim = draw('rect', { width: n.w, height: n.h, rx: 5, fill: 'none', class: 'rim' });
      n.el.append(rim);
      n.el.setAttribute('role', 'button');
      n.el.setAttribute('tabindex', 0);
      n.el.setAttribute('aria-label', n.tip.split('\n')[0]);
    });
    fold.hidden = !picture.frames.length && !open;
    arrange(picture);
  }
  function look(next) {
    view = next;
    svg.setAttribute('viewBox', view.map(round).join(' '));
  }
  function fit() {
    const [w, h] = picture.now, width = stage.clientWidth || 900;
    if (!tall) stage.style.height = `${Math.max(160, Math.min(h * Math.min(1, width / w), innerHeight * 0.8, 900))}px`;
    const height = stage.clientHeight || 600, scale = Math.min(1, width / w, height / h);
    look([(w - width / scale) / 2, Math.min(0, (h - height / scale) / 2), width / scale, height / scale]);
  }
  function readable() { return (stage.clientWidth || 900) / view[2]; }
  function zoom(factor, x = 0.5, y = 0.5) {
    const scale = stage.clientWidth / view[2], next = Math.min(8, Math.max(0.02, scale * factor));
    const [w, h] = [view[2] * scale / next, view[3] * scale / next];
    look([view[0] + (view[2] - w) * x, view[1] + (view[3] - h) * y, w, h]);
  }
  function center(box, always = true) {
    const m = picture.graph.getAttribute('transform').match(/-?[\d.]+/g).map(Number);
    const [x, y] = [box.at.x + m[0], box.at.y + m[1]];
    const seen = x >= view[0] && y >= view[1] && x + box.at.w <= view[0] + view[2] && y + box.at.h <= view[1] + view[3];
    if (always || !seen) look([x + box.at.w / 2 - view[2] / 2, y + box.at.h / 2 - view[3] / 2, view[2], view[3]]);
  }
  function choose(id) {
    if (chosen !== null && picture.nodes.has(chosen)) picture.nodes.get(chosen).el.classList.remove('chosen');
    chosen = id;
    const node = id === null ? null : picture.nodes.get(id);
    if (node) node.el.classList.add('chosen');
    if (self.onchoose) { self.onchoose(id); return; }
    side.hidden = !node;
    if (!node) return;
    const header = [...node.el.querySelectorAll('text')].filter(t => t.getAttribute('y') === '15');
    heading.textContent = header.map(t => t.textContent).join(' ');
    text.textContent = `${node.tip}\n${facts(inside + id)}`.trim();
  }
  function folding(frame, folded = !frame.folded) {
    const focused = document.activeElement === frame.el;
    frame.folded = folded;
    refold();
    if (focused) frame.el.focus({ preventScroll: true });
    center(frame, false);
  }
  function refold() {
    arrange(picture);
    fold.textContent = open || picture.frames.some(f => f.folded) ? 'unfold' : 'fold';
    if (self.onfold) self.onfold();
  }
  function foldAll() {
    if (!picture.frames.length) { unfold(null); return; }
    const folded = !picture.frames.some(f => f.folded);
    picture.frames.forEach(f => { f.folded = folded; });
    refold();
    fit();
  }
  function unfold(node) {                             // a module that the picture shows as one box
    if (!open) return false;
    const words = node && [...node.el.querySelectorAll('text')].slice(0, 2).map(t => t.textContent).join(': ');
    open.removeAttribute('style');
    const next = open;
    open = null;
    inside = 'open ';
    take(next);
    picture.frames.forEach(f => { f.folded = node !== null && f.level === depth && f.text !== words; });
    refold();
    fit();
    const opened = picture.frames.find(f => node && f.text === words);
    if (opened) {
      const [w, h] = [stage.clientWidth, stage.clientHeight];
      zoom(Math.min(1, 0.9 * w / opened.at.w, 0.9 * h / opened.at.h) * view[2] / w);
      center(opened);
    }
    return true;
  }
  function search(step) {
    const wanted = find.value.trim().toLowerCase();
    picture.nodes.forEach(n => n.el.classList.remove('found'));
    matches = !wanted ? [] : [...picture.nodes.values()].filter(n =>
      (n.tip.split('\n')[0] + ' ' + [...n.el.querySelectorAll('text')].slice(0, 2).map(t => t.textContent).join(' '))
        .toLowerCase().includes(wanted));
    matches.forEach(n => n.el.classList.add('found'));
    find.classList.toggle('none', !!wanted && !matches.length);
    if (!matches.length) { match = -1; return; }
    match = step ? (match + step + matches.length) % matches.length : 0;
    const node = matches[match], around = picture.frames.filter(f => f.folded && within(node, f));
    if (around.length) { around.forEach(f => { f.folded = false; }); refold(); }
    if (stage.clientWidth / view[2] < 0.5) zoom(0.9 * view[2] / stage.clientWidth);
    center(node);
  }
  function press(target) {
    const node = target.closest('.node'), frame = target.closest('.frame, .name');
    if (node) {
      const n = picture.nodes.get(Number(node.dataset.node));
      if (n.el.dataset.kind === 'module' && unfold(n)) return;
      choose(chosen === n.id ? null : n.id);
    } else if (frame) folding(picture.frames.find(f => f.el === frame || f.name === frame));
    else choose(null);
  }

  let from = null, moved = false;
  stage.addEventListener('pointerdown', e => { from = [e.clientX, e.clientY, ...view]; moved = false; });
  stage.addEventListener('pointermove', e => {
    if (!from || !e.buttons) return;
    const scale = from[4] / stage.clientWidth, dx = e.clientX - from[0], dy = e.clientY - from[1];
    if (Math.abs(dx) + Math.abs(dy) > 3 && !moved) { moved = true; stage.setPointerCapture(e.pointerId); }
    stage.classList.toggle('moving', moved);
    if (moved) look([from[2] - dx * scale, from[3] - dy * scale, from[4], from[5]]);
  });
  stage.addEventListener('pointerup', () => { from = null; stage.classList.remove('moving'); });
  stage.addEventListener('click', e => { if (!moved) press(e.target); });
  stage.addEventListener('wheel', e => {              // in a notebook the page scrolls, unless Ctrl is held
    if (!(tall || e.ctrlKey || e.metaKey)) return;
    e.preventDefault();
    const frame = stage.getBoundingClientRect();
    zoom(Math.exp(-e.deltaY / 500), (e.clientX - frame.left) / frame.width, (e.clientY - frame.top) / frame.height);
  }, { passive: false });
  stage.addEventListener('focusin', e => {
    const n = e.target.closest('.node'), f = e.target.closest('.frame');
    const box = n ? picture.nodes.get(Number(n.dataset.node)) : f && picture.frames.find(x => x.el === f);
    if (box && e.target.matches(':focus-visible')) center(box, false);
  });
  find.addEventListener('input', () => search(0));
  (tall ? window : root).addEventListener('keydown', e => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target === find) {
      if (e.key === 'Enter') search(e.shiftKey ? -1 : 1);
      else if (e.key === 'Escape') { find.value = ''; search(0); stage.focus(); } else return;
    } else if ((e.key === 'Enter' || e.key === ' ') && e.target.closest('.node, .frame')) press(e.target);
    else {
      const pan = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
      if (pan && (dresses === root || pan[1])) look([view[0] + pan[0] * view[2] / 8, view[1] + pan[1] * view[3] / 8, view[2], view[3]]);
      else if (e.key === '+' || e.key === '=') zoom(1.3);
      else if (e.key === '-') zoom(1 / 1.3);
      else if (e.key === '0') fit();
      else if (e.key === '/') find.focus();
      else if (e.key === 'f') foldAll();
      else if (e.key === 'Escape') choose(null);
      else return;
    }
    e.preventDefault();
    e.stopPropagation();
  });
  stage.tabIndex = 0;
  const dark = () => dresses.classList.toggle('dark', isDark(dresses.parentElement));
  const watch = new MutationObserver(dark);
  [document.body, document.documentElement].forEach(node => watch.observe(node, { attributes: true }));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', dark);
  let width = 0;
  new ResizeObserver(() => {
    if (stage.clientWidth && stage.clientWidth !== width) { width = stage.clientWidth; fit(); }
  }).observe(root);
  take(svg);
  dark();
  fit();
  for (let level = Math.max(0, ...picture.frames.map(f => f.level)); level > 0 && readable() < LEGIBLE; level--) {
    picture.frames.forEach(f => { f.folded ||= f.level === level; });
    arrange(picture);
    fit();
  }
  refold();
  return Object.assign(self, { fit, center, choose, zoom, scale: readable });
}

const parse = text => document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);

const inflate = async text => new Response(new Blob([Uint8Array.from(atob(text), c => c.charCodeAt(0))]).stream()
  .pipeThrough(new DecompressionStream('deflate'))).text();
const said = data => id => (data.facts?.[id] || []).map(i => data.texts[i]).join('\n');

function all() {                                      // every picture of the page that does not live yet
  document.querySelectorAll('.chainrule:not(.live)').forEach(root => {
    const image = root.querySelector('img'), data = root.querySelector('script[type="application/json"]');
    const live = read => {
      const svg = read.svg || image && decodeURIComponent(image.src.slice(image.src.indexOf(',') + 1));
      if (read.open) read.open = parse(read.open);
      pane(root, svg ? parse(svg) : root.querySelector('svg'),
        { ...read, facts: said(read), tall: root.classList.contains('page') });
    };
    const read = data ? JSON.parse(data.textContent) : {};
    root.classList.add('live');
    if (read.packed) inflate(read.packed).then(text => live(JSON.parse(text))).catch(() => root.classList.remove('live'));
    else live(read);
  });
}
return { all, pane, make, draw, said };
})();
