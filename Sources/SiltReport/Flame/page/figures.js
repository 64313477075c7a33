// SPDX-License-Identifier: Apache-2.0
//
// How the page writes figures: bytes, shares and intervals as the terminal writes them. It decides nothing and knows
// no data.

// As printf rounds: half to even.
function fixed(value, decimals) {
  const scaled = Math.abs(value) * 10 ** decimals;
  const whole = Math.floor(scaled), rest = scaled - whole;
  const rounded = rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole;
  return (value < 0 && rounded !== 0 ? '-' : '') + (rounded / 10 ** decimals).toFixed(decimals);
}

export function formatFigure(value, unit) {
  if (unit !== 'bytes') return Math.round(value).toLocaleString('en-US');
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let power = 0;
  while (Math.abs(value) >= 1024 && power + 1 < units.length) {
    value /= 1024;
    power++;
  }
  const digits = fixed(value, power === 0 ? 0 : 2).replace(/\.00$/, '');
  return digits === '0' ? '0' : digits + units[power];
}

export function formatShare(part, whole) {
  return part > 0 ? (100 * part / whole).toFixed(part === whole ? 0 : 2) + '%' : '0%';
}

// `±3%`, `-12+18%`, or `≤1.50MB` where the figure is 0. Empty where the figure is exact, or nothing is known of how
// it was sampled (null).
export function formatInterval(interval, value, unit) {
  if (!interval || interval.lower === interval.upper) return '';
  if (value === 0) {
    const bound = Math.max(Math.abs(interval.upper), Math.abs(interval.lower));
    return (interval.lower < 0 ? '±' : '≤') + formatFigure(bound, unit);
  }
  const percent = ratio => fixed(ratio * 100, Math.abs(ratio) < 0.00995 ? 1 : 0);
  const below = percent((value - interval.lower) / Math.abs(value));
  const above = percent((interval.upper - value) / Math.abs(value));
  return below === above ? `±${below}%` : `-${below}+${above}%`;
}
