// SPDX-License-Identifier: Apache-2.0
//
// How the page writes figures: bytes, counts, shares and intervals as the terminal writes them, by Figures/Bytes.swift.
// It decides nothing and knows no data.

// As printf rounds: half to even.
function fixed(value, decimals) {
  const scaled = Math.abs(value) * 10 ** decimals;
  const whole = Math.floor(scaled), rest = scaled - whole;
  const rounded = rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
  return (value < 0 && rounded !== 0 ? '-' : '') + (rounded / 10 ** decimals).toFixed(decimals);
}

export function formatFigure(value, unit) {
  if (unit !== 'bytes') return fixed(value, 0);
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let power = 0;
  while (Math.abs(value) >= 1024 && power + 1 < units.length) {
    value /= 1024;
    power++;
  }
  const digits = fixed(value, power === 0 ? 0 : 2).replace(/\.00$/, '');
  return digits === '0' ? '0' : digits + units[power];
}

// `97.34%`, `100%`, `0.056%`; the sign is left away, 0 of 0 is `0%`.
export function formatShare(part, whole) {
  if (whole === 0) return '0%';
  const percent = Math.abs(part / whole) * 100;
  if (percent >= 99.95 && percent <= 100.05) return '100%';
  return (percent >= 1 ? fixed(percent, 2) : significant(percent)) + '%';
}

// Two significant digits of a number below 1, without trailing zeros; what rounds to less than 0.0001 is `0`.
function significant(value) {
  if (value < 0.00005) return '0';
  let decimals = 2;
  for (let bound = 0.1; value < bound && decimals < 6; bound /= 10) decimals++;
  return fixed(value, decimals).replace(/\.?0+$/, '');
}

// `±3%`, `-12+18%`, `≤1.50MB` where the figure is 0, or `≥1.50MB` where it is a lower bound. Empty where the figure is exact, or nothing is known of how
// it was sampled (null).
export function formatInterval(interval, value, unit) {
  if (!interval || interval.lower === interval.upper) return '';
  if (!Number.isFinite(interval.upper) || !Number.isFinite(interval.lower)) {
    if (Number.isFinite(interval.lower)) return '≥' + formatFigure(interval.lower, unit);
    return Number.isFinite(interval.upper) ? '≤' + formatFigure(interval.upper, unit) : 'unknown';
  }
  const bound = Math.max(Math.abs(interval.upper), Math.abs(interval.lower));
  // What rounding leaves of a difference is nothing.
  if (Math.abs(value) < bound * 1e-9) {
    return (interval.lower < 0 ? '±' : '≤') + formatFigure(bound, unit);
  }
  const percent = ratio => fixed(ratio * 100, Math.abs(ratio) < 0.00995 ? 1 : 0);
  const below = percent((value - interval.lower) / Math.abs(value));
  const above = percent((interval.upper - value) / Math.abs(value));
  if (below === above) return `±${below}%`;
  // What was lost is on one side only, and large blocks may be more, hardly less.
  if (interval.lower === value || below === '0.0') return `+${above}%`;
  if (interval.upper === value || above === '0.0') return `-${below}%`;
  return `-${below}+${above}%`;
}
