// SPDX-License-Identifier: Apache-2.0
//
// The page's state and what changes it: mouse, keyboard, controls and address. Every change ends in `show`, which draws
// all from the state. The last of the scripts: it starts the page.

import { formatAddress, parseAddress } from './address.js';
import { darkScheme, draw } from './drawing.js';
import { formatShare } from './figures.js';
import { ROW, layout, neighbour } from './layout.js';
import { search, searchFor } from './search.js';
import { showTable } from './table.js';
import { Tree } from './tree.js';
import { describe, formatSigned } from './words.js';

/** @type {(id: string) => any} */
const element = id => document.getElementById(id);
const data = JSON.parse(element('data').textContent);
const tree = new Tree(data);
const state = { kind: data.kind, invert: false, search: '', zoom: 0, focus: null };
let view = tree.view(false), boxes = [], found = null;

function readAddress() {
  const address = parseAddress(location.hash);
  const kind = data.kinds.findIndex(k => k.name === address.kind);
  state.kind = kind < 0 ? data.kind : kind;
  state.invert = address.invert;
  state.search = address.search;
  state.zoom = tree.view(state.invert).nodeAt(address.zoom, state.kind);
  state.focus = null;
}

function writeAddress() {
  const address = formatAddress({
    kind: state.kind === data.kind ? '' : data.kinds[state.kind].name, invert: state.invert, search: state.search,
    zoom: view.pathTo(state.zoom).map(node => view.nameOf(node)),
  });
  history.replaceState(null, '', address || location.pathname + location.search);
}

function change(changes) {
  // A node of one view is none of another.
  if ('invert' in changes || 'kind' in changes) Object.assign(state, { zoom: 0, focus: null });
  Object.assign(state, changes);
  show();
  writeAddress();
}

// ---- Showing.

function show() {
  view = tree.view(state.invert);
  found = search(view, state.kind, state.zoom, state.search);
  element('kind').value = String(state.kind);
  element('invert').setAttribute('aria-pressed', String(state.invert));
  if (element('search').value !== state.search) element('search').value = state.search;
  element('reset').disabled = state.zoom === 0 && !state.search;
  element('matched').textContent = '';
  if (found) {
    const share = formatShare(found.gross, view.sums(state.kind).held.gross[state.zoom]);
    element('matched').textContent = `${share} matched: ${formatSigned(tree, found.net, state.kind)}`;
  }
  showTable(view, state.kind, state.zoom, found);
  arrange();
}

function arrange() {
  const sums = view.sums(state.kind);
  boxes = layout(view, sums, state.zoom, element('scroll').clientWidth);
  const rows = boxes.reduce((most, box) => Math.max(most, box.row + 1), 1);
  element('space').style.height = Math.max(rows * ROW, element('scroll').clientHeight) + 'px';
  const where = state.zoom === 0 ? '' : `, zoomed to ${view.nameOf(state.zoom)}`;
  const held = formatSigned(tree, sums.held.net(state.zoom), state.kind);
  element('graph').setAttribute('aria-label', `Flame graph of ${data.kinds[state.kind].name}${where}: `
    + `${held} in ${view.parent.length - 1} frames, ${boxes.length} drawn`);
  repaint();
}

function repaint() {
  draw(element('graph'), element('scroll'), view, view.sums(state.kind).held, boxes, found, state.focus);
}

// ---- The tip: what is known of the frame under the pointer or the keyboard's focus.

function hideTip() { element('tip').hidden = true; }

function showTip(box, x, y) {
  if (!box) return hideTip();
  const tip = element('tip');
  tip.hidden = false;
  const [title, ...lines] = describe(view, box, state.kind);
  const head = document.createElement('b');
  head.textContent = title;
  tip.replaceChildren(head, lines.join('\n'));
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 8)) + 'px';
  tip.style.top = Math.max(4, y + 18 + height > innerHeight ? y - height - 10 : y + 18) + 'px';
}

function showTipAtFocus() {
  if (!state.focus) return hideTip();
  const area = element('graph').getBoundingClientRect();
  const bottom = area.top + (state.focus.row + 1) * ROW - element('scroll').scrollTop;
  showTip(state.focus, area.left + state.focus.x, bottom - 12);
}

// ---- Mouse.

function boxAt(event) {
  const area = element('graph').getBoundingClientRect();
  const x = event.clientX - area.left;
  const row = Math.floor((event.clientY - area.top + element('scroll').scrollTop) / ROW);
  return boxes.find(box => box.row === row && x >= box.x && x < box.x + box.width) ?? null;
}

// The narrow frames that share a box have their parent as its node: that gets the width.
function zoomTo(box) {
  if (box) change({ zoom: box.node, focus: null });
}

element('graph').addEventListener('pointermove', event => showTip(boxAt(event), event.clientX, event.clientY));
element('graph').addEventListener('pointerleave', hideTip);
element('graph').addEventListener('click', event => zoomTo(boxAt(event)));

// ---- Keyboard.

function focusOn(box) {
  if (!box) return;
  state.focus = box;
  const scroll = element('scroll'), top = box.row * ROW;
  if (top < scroll.scrollTop) scroll.scrollTop = top;
  if (top + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + ROW - scroll.clientHeight;
  repaint();
  showTipAtFocus();
}

element('graph').addEventListener('keydown', event => {
  if (event.key.startsWith('Arrow')) {
    focusOn(neighbour(view, boxes, state.zoom, state.focus, event.key));
  } else if (event.key === 'Enter' && state.focus) {
    zoomTo(state.focus);
    focusOn(boxes.find(box => box.node === state.zoom && !box.rest));
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    change({ zoom: 0, search: '', focus: null });
    hideTip();
    element('graph').focus();
  } else if (event.key === '/' && event.target !== element('search')) {
    event.preventDefault();
    element('search').select();
    element('search').focus();
  }
});

// ---- Controls.

element('search').addEventListener('input', () => change({ search: element('search').value }));
element('kind').addEventListener('change', () => change({ kind: Number(element('kind').value) }));
element('invert').addEventListener('click', () => change({ invert: !state.invert }));
element('reset').addEventListener('click', () => change({ zoom: 0, search: '', focus: null }));

// A row of the table searches for its function.
function searchRow(event) {
  const row = event.target.closest('tr');
  if (row) change({ search: searchFor(row.dataset.name) });
}
element('rows').addEventListener('click', searchRow);
element('rows').addEventListener('keydown', event => { if (event.key === 'Enter') searchRow(event); });

addEventListener('hashchange', () => { readAddress(); show(); });
addEventListener('resize', () => arrange());
element('scroll').addEventListener('scroll', () => { repaint(); hideTip(); });
darkScheme.addEventListener('change', () => repaint());

// ---- Start.

const kindLabels = {
  inuse_space: 'in use, bytes', inuse_objects: 'in use, objects',
  alloc_space: 'allocated, bytes', alloc_objects: 'allocated, objects',
};
element('title').textContent = data.title;
element('about').textContent = data.about.join(' · ');
element('legend').hidden = !data.isDiff;
element('notes').append(...data.notes.map(note => {
  const item = document.createElement('li');
  item.textContent = note;
  return item;
}));
element('kind').append(...data.kinds.map(
  (kind, index) => new Option(kindLabels[kind.name] ?? kind.name, String(index))));
readAddress();
show();
