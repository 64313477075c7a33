// SPDX-License-Identifier: Apache-2.0
//
// The page of all processes of a server: it has the list from the start, and asks for what stands in a session one process
// after another: in each round for those on the screen, and between rounds, slowly, for all others, so that what it says of
// all is true. It asks these addresses and no others: its own, again for the list as it is then, and of a process `level` (what
// is in use now) and `course` (what was in use at the moments that are kept).

import { formatFigure, formatInterval } from '../model/figures.js';
import { pathsOf, scaleOf } from './timeline.js';

// Between two rounds, between two questions for what was in use at past moments or could not be read, and between two for a
// process that is not on the screen.
const ROUND = 10_000, SELDOM = 60_000, RARELY = 300_000;
// Before a question for a process that is not on the screen.
const PAUSE = 250;
const WIDTH = 120, HEIGHT = 24, MOST_SEEN = 360;

/** @type {(id: string) => any} */
const part = id => document.getElementById(id);
const rows = part('rows');
// By id of a process: { level, course, seen, problem, asked, round }; `round`: the last one in which it was asked for.
const facts = new Map();
let sort = 'inuse', isReversed = false, isReading = false, round = 0;
// Why the list or all of them could not be read; empty: they could.
let outage = '';

function factsOf(row) {
  const { id } = row.dataset;
  if (!facts.has(id)) facts.set(id, { level: null, course: [], seen: [], problem: '', asked: 0, round: -1 });
  return facts.get(id);
}

function isRead(row) {
  const { level, problem } = factsOf(row);
  return level !== null || problem !== '';
}

// Of some it is not known whether they run: they may.
function isRunning(row) { return !row.classList.contains('ended') && !isUnknown(row); }
function isUnknown(row) { return row.classList.contains('unknown'); }
function hasEnded(row) { return row.classList.contains('ended'); }

// ---- Data.

class NoAnswer extends Error {}

async function ask(address) {
  let answer, text;
  try {
    answer = await fetch(address, { cache: 'no-store' });
    text = await answer.text();
  } catch {
    throw new NoAnswer('The server does not answer');
  }
  if (!answer.ok) throw new Error(text.trim());
  return text;
}

// Processes come and go; the server writes their rows.
async function readList() {
  const page = new DOMParser().parseFromString(await ask('./'), 'text/html');
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
  known.round = round;
  const isDue = now - known.asked >= SELDOM;
  if (!isDue && (known.problem || hasEnded(row))) return;
  const asked = known.asked;
  if (isDue) known.asked = now;
  try {
    const level = JSON.parse(await ask(path + 'level'));
    if (isDue) known.course = JSON.parse(await ask(path + 'course'));
    known.level = level;
    if (!hasEnded(row)) known.seen = [...known.seen.slice(1 - MOST_SEEN), { time: Math.round(now / 1000), ...level }];
    known.problem = '';
  } catch (error) {
    if (error instanceof NoAnswer) {
      // It is asked for again as soon as the server is back.
      known.asked = asked;
      throw error;
    }
    known.problem = String(error.message) || 'no reason given';
  }
  // It may have gone from the list while it was on its way.
  if (facts.get(row.dataset.id) === known) showRow(row);
}

function isOnScreen(row) {
  const { top, bottom } = row.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

// The next one to ask for: those on the screen, once in a round, then those that are not known or were not asked for long.
function nextRow() {
  const due = [...rows.children].filter(row => factsOf(row).round < round);
  const isLong = row => factsOf(row).asked === 0 || (!hasEnded(row) && Date.now() - factsOf(row).asked >= RARELY);
  return due.find(isOnScreen) ?? due.find(isLong);
}

// One after another: a server has more to do than to fill this page.
async function readRows() {
  if (isReading) return;
  isReading = true;
  // Nobody wants to be told of each step.
  part('headline').setAttribute('aria-busy', 'true');
  let hasPaused = false;
  try {
    for (let row; !document.hidden && (row = nextRow());) {
      if (isOnScreen(row)) {
        hasPaused = false;
        await readRow(row);
        showHeadline();
        // What is sorted to the screen in its place is read, too.
        const next = nextRow();
        if (!next || !isOnScreen(next)) arrangeRows(false);
      } else if (hasPaused) {
        hasPaused = false;
        await readRow(row);
        showHeadline();
      } else {
        // What comes to the screen in the pause goes first.
        await new Promise(go => { setTimeout(go, PAUSE); });
        hasPaused = true;
      }
    }
  } catch (error) {
    outage = error.message;
  } finally {
    isReading = false;
    part('headline').removeAttribute('aria-busy');
  }
  arrangeRows(false);
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
  // What was read before was true.
  put('inuse', level ? formatFigure(level.value, 'bytes') : '?', problem);
  put('range', !level || level.lower === null || level.upper === null ? '' : formatInterval(level, level.value, 'bytes'));
  put('samples', level ? String(level.samples) : '');
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

function nameOf(row) { return `${cellOf(row, 'name').textContent} (pid ${cellOf(row, 'pid').textContent})`; }

// How many run, ended, and are not known, and why not.
function countOf(all) {
  const running = all.filter(isRunning).length, ended = all.filter(hasEnded).length, unknown = all.filter(isUnknown);
  const why = [...new Set(unknown.map(row => cellOf(row, 'state').textContent.replace(/^unknown \((.*)\)$/, '$1')))];
  return [
    `${running} ${running === 1 ? 'process runs' : 'processes run'}`, ...(ended > 0 ? [`${ended} ended`] : []),
    ...(unknown.length > 0 ? [`of ${unknown.length} it is not known whether ${unknown.length === 1 ? 'it runs' : 'they run'} (${why.join(', ')})`] : []),
  ].join(', ') + '. ';
}

function showHeadline() {
  const all = [...rows.children], read = all.filter(isRead).length;
  const counted = countOf(all) + (read < all.length ? `${read} of ${all.length} read so far. ` : '');
  const alive = all.filter(row => !hasEnded(row));
  const changes = alive.map(row => ({ row, change: changeOf(factsOf(row)) })).filter(({ change }) => change);
  const [most] = changes.filter(({ change }) => change.verdict === 'grew').sort((a, b) => b.change.value - a.change.value);
  const link = document.createElement('a');
  if (most) {
    link.href = cellOf(most.row, 'name').querySelector('a').href;
    link.textContent = nameOf(most.row);
  }
  const judged = changes.length === alive.length ? 'None' : `None of the ${changes.length} that are known at two moments`;
  const parts = [counted, ...(most ? ['Most growth: ', link, ` ${formatChange(most.change)}.`]
    : changes.length > 0 ? [`${judged} has grown beyond the intervals of its figures.`] : [])];
  // What is written anew is read aloud anew.
  const text = parts.map(piece => (typeof piece === 'string' ? piece : piece.textContent)).join('');
  if (part('headline').textContent !== text) part('headline').replaceChildren(...parts);
  showOutage();
}

// What is missing, and why.
function showOutage() {
  const missing = [...rows.children].filter(row => factsOf(row).problem !== ''), [first] = missing;
  const words = outage ? [`${outage}: this is what it said last.`] : [];
  if (first) {
    const named = missing.length === 1 ? nameOf(first) : `${missing.length} processes, ${nameOf(first)} among them,`;
    const isKept = missing.some(row => factsOf(row).level !== null);
    words.push(`${named} could not be read${isKept ? ' again, and what was read before is shown' : ''}: ${factsOf(first).problem}`);
  }
  if (part('told').textContent !== words.join(' ')) part('told').textContent = words.join(' ');
}

// ---- Order.

// Greatest first but for names; what is not known comes last.
const keys = {
  name: row => cellOf(row, 'name').textContent, pid: row => Number(cellOf(row, 'pid').textContent),
  up: row => -Number(row.dataset.start), inuse: row => factsOf(row).level?.value, samples: row => factsOf(row).level?.samples,
  change: row => changeOf(factsOf(row))?.value, state: row => cellOf(row, 'state').textContent,
};

// Those that are known only when a process has been read.
const FIGURES = ['inuse', 'change', 'samples'];

function compareRows(a, b) {
  const [x, y] = [a, b].map(keys[sort]);
  // Whatever it holds, one that was not read yet must not stand before one that was.
  if (FIGURES.includes(sort) && isRead(a) !== isRead(b)) return isRead(a) ? -1 : 1;
  if (hasEnded(a) !== hasEnded(b)) return hasEnded(a) ? 1 : -1;
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
  readRows();
});

// ---- Start.

async function beginRound() {
  if (document.hidden) return;
  round++;
  try {
    await readList();
    outage = '';
  } catch (error) {
    outage = error.message;
  }
  arrangeRows(false);
  showHeadline();
  await readRows();
}

let scrolled = 0;
addEventListener('scroll', () => {
  clearTimeout(scrolled);
  scrolled = setTimeout(readRows, 200);
});
addEventListener('resize', readRows);
showHeadline();
arrangeRows(true);
readRows();
setInterval(beginRound, ROUND);
