// SPDX-License-Identifier: Apache-2.0
//
// The page of all processes of a server: it has the list from the start, and asks for what stands in a session one process
// after another, and only for those on the screen. It asks these addresses and no others: its own, again for the list as it is
// then, and of a process `level` (what is in use now) and `course` (what was in use at the moments that are kept).

import { formatFigure, formatInterval } from '../model/figures.js';
import { pathsOf, scaleOf } from './timeline.js';

// Between two rounds, and between two questions for what was in use at past moments or could not be read.
const ROUND = 10_000, SELDOM = 60_000;
const WIDTH = 120, HEIGHT = 24, MOST_SEEN = 360;

/** @type {(id: string) => any} */
const part = id => document.getElementById(id);
const rows = part('rows');
// By id of a process: { level, course, seen, problem, asked }.
const facts = new Map();
let sort = 'inuse', isReversed = false, isReading = false;

function factsOf(row) {
  const { id } = row.dataset;
  if (!facts.has(id)) facts.set(id, { level: null, course: [], seen: [], problem: '', asked: 0 });
  return facts.get(id);
}

function isRunning(row) { return !row.classList.contains('ended'); }

// ---- Data.

async function ask(address) {
  const answer = await fetch(address, { cache: 'no-store' });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer;
}

// Processes come and go; the server writes their rows.
async function readList() {
  const page = new DOMParser().parseFromString(await (await ask('./')).text(), 'text/html');
  part('intro').replaceWith(/** @type {Node} */ (page.getElementById('intro')));
  const next = new Map([...page.querySelectorAll('#rows tr')].map(row => [/** @type {any} */ (row).dataset.id, row]));
  for (const row of [...rows.children]) {
    const same = next.get(row.dataset.id);
    if (same) {
      row.className = same.className;
      for (const name of ['up', 'state']) cellOf(row, name).textContent = cellOf(same, name).textContent;
      next.delete(row.dataset.id);
    } else {
      facts.delete(row.dataset.id);
      row.remove();
    }
  }
  rows.append(...next.values());
}

async function readRow(row) {
  const known = factsOf(row), now = Date.now(), path = `targets/${encodeURIComponent(row.dataset.id)}/`;
  const isDue = now - known.asked >= SELDOM;
  if (!isDue && (known.problem || !isRunning(row))) return;
  if (isDue) known.asked = now;
  try {
    known.level = await (await ask(path + 'level')).json();
    if (isDue) known.course = await (await ask(path + 'course')).json();
    if (isRunning(row)) known.seen = [...known.seen.slice(1 - MOST_SEEN), { time: Math.round(now / 1000), ...known.level }];
    known.problem = '';
  } catch (error) {
    known.problem = error instanceof TypeError ? 'no answer' : String(error.message);
  }
  showRow(row);
}

function isOnScreen(row) {
  const { top, bottom } = row.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

// One after another: a server has more to do than to fill this page.
async function readRows(mayAskAgain) {
  if (isReading) return;
  isReading = true;
  const done = new Set();
  const wanted = row => !done.has(row.dataset.id) && isOnScreen(row) && (mayAskAgain || factsOf(row).asked === 0);
  for (let row; !document.hidden && (row = [...rows.children].find(wanted));) {
    done.add(row.dataset.id);
    await readRow(row);
    // What is sorted to the screen in its place is read, too.
    if (![...rows.children].some(wanted)) arrangeRows(false);
  }
  isReading = false;
  showHeadline();
}

// ---- Showing.

function cellOf(row, name) { return row.querySelector('.' + name); }

// What is known of the past, then what this page has seen since.
function pointsOf({ course, seen }) {
  const last = course.length > 0 ? course[course.length - 1].time : -Infinity;
  return [...course, ...seen.filter(point => point.time > last)];
}

// What changed from the first moment that is known to the last one: { value, seconds, verdict }; null: there is one at most.
// It grew or shrank only if both intervals leave no other way.
function changeOf(known) {
  const points = pointsOf(known), first = points[0], last = points[points.length - 1];
  if (points.length < 2 || !known.level) return null;
  const grew = first.upper !== null && last.lower !== null && last.lower > first.upper;
  const shrank = first.lower !== null && last.upper !== null && last.upper < first.lower;
  return { value: last.value - first.value, seconds: last.time - first.time, verdict: grew ? 'grew' : shrank ? 'shrank' : 'noise' };
}

function formatSpan(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function formatChange({ value, seconds }) {
  return `${value > 0 ? '+' : ''}${formatFigure(value, 'bytes')} in ${formatSpan(seconds)}`;
}

function showRow(row) {
  const known = factsOf(row), { level, problem } = known, change = changeOf(known);
  const put = (name, text, title = '') => {
    cellOf(row, name).textContent = text;
    cellOf(row, name).title = title;
  };
  put('inuse', problem ? '?' : formatFigure(level.value, 'bytes'), problem);
  put('range', problem || level.lower === null || level.upper === null ? '' : formatInterval(level, level.value, 'bytes'));
  put('samples', problem ? '' : String(level.samples));
  const cell = cellOf(row, 'change'), text = document.createElement('span');
  text.className = change?.verdict ?? '';
  text.textContent = change ? formatChange(change) : '';
  if (change?.verdict === 'noise') text.title = 'within the intervals of both moments';
  cell.replaceChildren(...(change ? [text] : []));
  cellOf(row, 'course').replaceChildren(...courseOf(pointsOf(known), change));
}

// As an inline picture, from 0; none of a single moment.
function courseOf(points, change) {
  if (points.length < 2) return [];
  const make = (name, attributes) => {
    const shape = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value);
    return shape;
  };
  const picture = make('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: 'img',
    'aria-label': `Heap in use: ${change ? formatChange(change) : 'not known'}` });
  const paths = pathsOf(points, scaleOf(points, WIDTH, HEIGHT));
  for (const [name, d] of Object.entries(paths)) picture.append(make('path', { class: name, d }));
  return [picture];
}

function showHeadline() {
  const all = [...rows.children], running = all.filter(isRunning).length;
  const counted = `${running} ${running === 1 ? 'process runs' : 'processes run'}`
    + (all.length > running ? `, ${all.length - running} ended` : '') + '. ';
  const changes = all.filter(isRunning).map(row => ({ row, change: changeOf(factsOf(row)) })).filter(({ change }) => change);
  const [most] = changes.filter(({ change }) => change.verdict === 'grew').sort((a, b) => b.change.value - a.change.value);
  const link = document.createElement('a');
  if (most) {
    link.href = cellOf(most.row, 'name').querySelector('a').href;
    link.textContent = `${cellOf(most.row, 'name').textContent} (pid ${cellOf(most.row, 'pid').textContent})`;
  }
  const parts = [counted, ...(most ? ['Most growth: ', link, ` ${formatChange(most.change)}.`]
    : changes.length > 0 ? ['None of those read has grown beyond the intervals of its figures.'] : [])];
  // What is written anew is read aloud anew.
  const text = parts.map(piece => (typeof piece === 'string' ? piece : piece.textContent)).join('');
  if (part('headline').textContent !== text) part('headline').replaceChildren(...parts);
}

// ---- Order.

// Greatest first but for names; what is not known comes last.
const keys = {
  name: row => cellOf(row, 'name').textContent, pid: row => Number(cellOf(row, 'pid').textContent),
  up: row => -Number(row.dataset.start), inuse: row => factsOf(row).level?.value, samples: row => factsOf(row).level?.samples,
  change: row => changeOf(factsOf(row))?.value, state: row => cellOf(row, 'state').textContent,
};

function compareRows(a, b) {
  const [x, y] = [a, b].map(keys[sort]);
  if (isRunning(a) !== isRunning(b)) return isRunning(a) ? -1 : 1;
  if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1;
  const order = x === y ? 0 : x < y ? -1 : 1;
  return (typeof x === 'string') !== isReversed ? order : -order;
}

// Rows do not move under the hand or the eye that is at one, unless that is asked for.
function arrangeRows(isAskedFor) {
  for (const button of part('columns').querySelectorAll('button')) {
    const isAscending = (button.dataset.sort === 'name' || button.dataset.sort === 'state') !== isReversed;
    if (button.dataset.sort === sort) button.closest('th').setAttribute('aria-sort', isAscending ? 'ascending' : 'descending');
    else button.closest('th').removeAttribute('aria-sort');
  }
  if (!isAskedFor && (rows.matches(':hover') || rows.contains(document.activeElement))) return;
  const ordered = [...rows.children].sort(compareRows);
  if (ordered.some((row, index) => row !== rows.children[index])) rows.append(...ordered);
}

part('columns').addEventListener('click', event => {
  const column = event.target.closest('button')?.dataset.sort;
  if (!column) return;
  isReversed = column === sort && !isReversed;
  sort = column;
  arrangeRows(true);
  readRows(false);
});

// ---- Start.

async function round() {
  if (document.hidden) return;
  try {
    await readList();
    part('told').textContent = '';
  } catch {
    part('told').textContent = 'The server does not answer: this is what it said last.';
  }
  await readRows(true);
}

let scrolled = 0;
addEventListener('scroll', () => {
  clearTimeout(scrolled);
  scrolled = setTimeout(() => readRows(false), 200);
});
addEventListener('resize', () => readRows(false));
showHeadline();
arrangeRows(true);
readRows(true);
setInterval(round, ROUND);
