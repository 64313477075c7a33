// SPDX-License-Identifier: Apache-2.0
//
// The page of a server: it asks for the data of a process, again each few seconds, and for two moments of the past. It asks
// these addresses beside its own, and no others: `flame?format=json`, with `base` and `at`, `course`, and `baseline`, which
// has the server remember the process as it is.

import { change, correctMoments, element, estimateOfAll, setPage, startPage, stateOfPage } from './controls.js';
import { formatFigure } from '../model/figures.js';
import { parseAddress } from './address.js';
import { chosenMoments, formatMoment, knownMoments, pathsOf, scaleOf, unknownMoments } from './timeline.js';

// { state, ended, seconds }: what became of the process, in words, and the time between two questions.
const settings = JSON.parse(element('data').textContent);
const HEIGHT = 64;

let isStarted = false, isLive = !settings.ended, isAsking = false, asksAgain = false;
// What is shown in place of what was asked for.
let notice = '';
// Of the past as the server keeps it, and those that this page has seen itself.
let kept = [], seen = [], isPastKnown = false;

async function ask(address, method = 'GET') {
  let answer, text;
  try {
    answer = await fetch(address, { method, cache: 'no-store' });
    text = await answer.text();
  } catch {
    throw new Error('The server does not answer.');
  }
  if (!answer.ok) throw Object.assign(new Error(text.trim()), { status: answer.status });
  const status = answer.headers.get('Silt-Process');
  if (status !== null) {
    settings.state = status;
    settings.ended = status !== 'running' && !status.startsWith('unknown');
    if (settings.ended) isLive = false;
  }
  return JSON.parse(text);
}

// Of what it is not known whether it runs, the session is read on: it may.
function ending() {
  const { state, ended } = settings;
  if (ended) return `It has ended: ${state}.`;
  return state === 'running' ? '' : `Whether it still runs is ${state.replace(/^unknown/, 'not known')}: it is read on.`;
}

function tell(text) { element('told').textContent = [notice, text].filter(Boolean).join(' '); }

// ---- Data.

/** @type {() => any} */
function moments() { return isStarted ? stateOfPage() : parseAddress(location.hash); }

// Moments that the server will not know are not asked for.
function checkMoments() {
  const asked = moments();
  if (!isPastKnown || (!asked.base && !asked.at)) return;
  const { words, ...shown } = knownMoments(asked, kept.map(point => point.time), Date.now() / 1000, formatMoment);
  notice = words;
  correctMoments(shown);
}

async function load() {
  // What is on its way may be of other moments.
  asksAgain = isAsking;
  if (isAsking) return;
  isAsking = true;
  const { base, at } = moments();
  const query = new URLSearchParams({ format: 'json' });
  if (base) query.set('base', base);
  if (at) query.set('at', at);
  try {
    const data = await ask(`flame?${query}`);
    const wanted = moments();
    if (wanted.base !== base || wanted.at !== at) {
      asksAgain = true;
    } else {
      if (isStarted) setPage(data); else startPage(data, whenChanged);
      isStarted = true;
      if (!at && !settings.ended) {
        seen = [...seen.slice(-719), { time: Math.round(Date.now() / 1000), ...estimateOfAll() }];
      }
      tell(ending());
    }
  } catch (error) {
    if ([400, 404].includes(error.status) && (base || at)) {
      // A moment of the list can expire.
      notice = `${unknownMoments([base, at].filter(Boolean).map(formatMoment))} (The server: ${error.message})`;
      correctMoments({ base: '', at: '' });
      asksAgain = true;
    } else {
      // What is shown stays: it was true.
      tell(String(error.message ?? error));
    }
  }
  isAsking = false;
  showTimes();
  if (asksAgain) load();
}

async function loadPast() {
  try {
    kept = await ask('course');
    isPastKnown = true;
  } catch {
    // The next one may succeed; until then there is what was known.
  }
  showTimes();
}

// ---- Showing.

// Snapshots of the past, then what this page has seen since the newest of them.
function points() {
  const last = kept.length > 0 ? kept[kept.length - 1].time : -Infinity;
  return [...kept, ...seen.filter(point => point.time > last)];
}

function ago(time) {
  const seconds = Math.max(0, Math.round(Date.now() / 1000 - time));
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

function showTimes() {
  const { base, at } = stateOfPage();
  const options = (first, chosen) => {
    const times = kept.map(point => String(point.time));
    if (chosen && !times.includes(chosen)) times.push(chosen);
    const label = time => `${formatMoment(time)}, ${ago(Number(time))}`;
    return [new Option(first, ''), ...times.reverse().map(time => new Option(label(time), time))];
  };
  for (const [id, first, chosen] of [['base', 'nothing', base], ['at', 'now', at]]) {
    // An open list must not change under the hand that chooses.
    if (document.activeElement === element(id) && element(id).value === chosen) continue;
    element(id).replaceChildren(...options(first, chosen));
    element(id).value = chosen;
  }
  element('base').disabled = element('at').disabled = kept.length === 0;
  element('baseline').disabled = settings.ended;
  element('refresh').setAttribute('aria-pressed', String(isLive));
  element('refresh').disabled = settings.ended;
  element('save').href = 'flame' + (base ? `?base=${base}` + (at ? `&at=${at}` : '') : at ? `?at=${at}` : '');
  showCourse(base, at);
}

function mark(className, x) {
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  for (const [name, value] of Object.entries({ class: className, x1: x, x2: x, y1: 0, y2: HEIGHT })) {
    line.setAttribute(name, String(value));
  }
  return line;
}

function showCourse(base, at) {
  const all = points(), picture = element('course');
  if (all.length === 0) return;
  const width = picture.clientWidth;
  picture.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
  const scale = scaleOf(all, width, HEIGHT), paths = pathsOf(all, scale);
  const shapes = Object.entries(paths).map(([name, data]) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('class', name);
    path.setAttribute('d', data);
    return path;
  });
  const marks = [['base', base], ['at', at]].filter(([, time]) => time)
    .map(([name, time]) => mark(name, Math.max(0, Math.min(width, scale.x(Number(time))))));
  picture.replaceChildren(...shapes, ...marks);
  const last = all[all.length - 1];
  picture.setAttribute('aria-label', `Heap in use from ${formatMoment(all[0].time)} to ${formatMoment(last.time)}: `
    + `${formatFigure(all[0].value, 'bytes')} at first, ${formatFigure(last.value, 'bytes')} at last`);
  element('range').textContent = `${formatMoment(all[0].time)} to ${formatMoment(last.time)}, from 0 to ${formatFigure(scale.most, 'bytes')}`;
}

// ---- What a person does.

function compare({ base, at }) {
  change({ base: base === null ? '' : String(base), at: at === null ? '' : String(at), picture: '' });
}

function whenChanged(changes) {
  if (!('base' in changes) && !('at' in changes)) return;
  notice = '';
  checkMoments();
  load();
}

element('refresh').addEventListener('click', () => {
  isLive = !isLive;
  showTimes();
});
element('baseline').addEventListener('click', async () => {
  try {
    const { time } = await ask('baseline', 'POST');
    await loadPast();
    compare({ base: time, at: null });
  } catch (error) {
    tell(String(error.message ?? error));
  }
});
for (const id of ['base', 'at']) {
  element(id).addEventListener('change', () => change({ [id]: element(id).value, picture: '' }));
}
element('course').addEventListener('click', event => {
  if (kept.length === 0) return;
  const { base, at } = stateOfPage();
  const x = event.clientX - element('course').getBoundingClientRect().left;
  const { time } = scaleOf(points(), element('course').clientWidth, HEIGHT).nearest(x);
  // Of what only this page has seen there is no snapshot; the last point is now.
  const known = kept.reduce((best, point) => (Math.abs(point.time - time) < Math.abs(best.time - time) ? point : best));
  compare(chosenMoments({ base: base ? Number(base) : null, at: at ? Number(at) : null }, known.time));
});
document.addEventListener('keydown', event => {
  const button = { l: 'refresh', b: 'baseline' }[event.key];
  if (!button || event.ctrlKey || event.metaKey || event.altKey) return;
  if (['search', 'kind', 'base', 'at'].includes(/** @type {HTMLElement} */ (event.target).id)) return;
  element(button).click();
});

// ---- Start.

(async () => {
  const { base, at } = parseAddress(location.hash);
  if (!base && !at) load();
  await loadPast();
  checkMoments();
  if (base || at) load();
})();
setInterval(() => {
  if (isLive && !isAsking && !document.hidden && !stateOfPage().at) load();
}, settings.seconds * 1000);
setInterval(() => { if (!document.hidden) loadPast(); }, 60_000);
addEventListener('resize', () => { if (isStarted) showTimes(); });
