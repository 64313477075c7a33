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
