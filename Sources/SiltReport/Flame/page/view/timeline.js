// SPDX-License-Identifier: Apache-2.0
//
// The heap in use over time: a line with the band of its 95 % interval, as the parts of an SVG. It knows neither the page
// nor a server.

// Where a moment and a value are in a picture of this size, and the reverse of the first. `points` are
// { time, value, lower, upper }, in order of time; ends of an interval that are not known are null.
export function scaleOf(points, width, height) {
  const first = points[0].time, last = points[points.length - 1].time;
  const most = Math.max(1, ...points.map(({ value, upper }) => Math.max(value, upper ?? 0)));
  const span = Math.max(1, last - first);
  return {
    x: time => (last === first ? width : (time - first) / span * width),
    // From 0: a heap that hardly grows must not look as if it did.
    y: value => height - Math.max(0, value) / most * (height - 4),
    most,
    // The point next to a place.
    nearest: x => points.reduce((best, point) => {
      const away = other => Math.abs((other.time - first) / span * width - x);
      return away(point) < away(best) ? point : best;
    }),
  };
}

// The band and the line as paths; a point without an interval has the band's width 0.
export function pathsOf(points, scale) {
  const at = (point, value) => `${scale.x(point.time).toFixed(1)} ${scale.y(value).toFixed(1)}`;
  const upper = points.map(point => at(point, point.upper ?? point.value));
  const lower = points.map(point => at(point, point.lower ?? point.value)).reverse();
  return {
    band: `M${[...upper, ...lower].join('L')}Z`,
    line: `M${points.map(point => at(point, point.value)).join('L')}`,
  };
}

// Which two moments a click on a third makes of those that are compared: the first click is what is compared, the next one,
// if later, with what; `base` and `at` are times, null: nothing, and now.
export function chosenMoments({ base, at }, time) {
  if (base === null || at !== null || time <= base) return { base: time, at: null };
  return { base, at: time };
}

// `2026-11-22 16:40:01 UTC`, as the reports write it, of seconds since 1970; what is no moment is quoted.
export function formatMoment(time) {
  const date = new Date(Number(time) * 1000);
  if (Number.isNaN(date.getTime())) return `“${time}”`;
  return date.toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

const SECONDS = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

// `1764230400`, or a time ago as `-1h30m`, in seconds since 1970; NaN: no moment.
function readMoment(text, now) {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^-\d+[smhd]?(\d+[smhd])*$/.test(text)) return NaN;
  return [...text.matchAll(/(\d+)([smhd]?)/g)].reduce((time, [, count, unit]) => time - Number(count) * SECONDS[unit], now);
}

// What is shown of the two moments of an address, texts or empty; `times`: the moments that are kept, oldest first. Of what is
// not kept the one before is shown, as the server does; of what is not known, the newest, compared with nothing; and the
// earlier one comes first. `words`, in which times are as `name` writes them, tell what was changed; empty: nothing was.
export function knownMoments({ base, at }, times, now, name) {
  const asked = [base, at].filter(Boolean);
  const latest = Math.max(now, ...times.slice(-1)), named = text => name(Math.round(readMoment(text, now)) || text);
  const known = text => (readMoment(text, now) <= latest ? times.filter(time => time <= readMoment(text, now)).pop() : undefined);
  const unknown = asked.filter(text => known(text) === undefined);
  if (unknown.length > 0) return { base: '', at: '', words: unknownMoments([...new Set(unknown)].map(named)) };
  const words = asked.filter(text => known(text) !== Math.round(readMoment(text, now)))
    .map(text => `Of ${named(text)} nothing is kept: shown is ${name(known(text))}.`);
  const [from, to] = [base, at].map(text => (text ? known(text) : null));
  const isReversed = from !== null && to !== null && from > to;
  if (isReversed) words.push(`The two moments were put in order: from ${name(to)} to ${name(from)}.`);
  const [first, last] = isReversed ? [to, from] : [from, to];
  return { base: String(first ?? ''), at: String(last ?? ''), words: words.join(' ') };
}

// What is said where moments, in words, are not known.
export function unknownMoments(named) {
  return `Nothing is known of ${named.join(' and ')} (any more). Shown instead: the newest, compared with nothing.`;
}
