// SPDX-License-Identifier: Apache-2.0
//
// The colours of frames. Text keeps a contrast of 4.5 to 1 on each of them, in both schemes: Tests/PageTests looks.
// All other colours are in tokens.css. No DOM in here.

// `ink`: what is written on them; `found` has its own.
export const schemes = {
  light: { ink: '#14181d', onFound: '#ffffff', ring: '#0b57a4', root: 'hsl(216 14% 86%)', pale: 'hsl(216 12% 92%)',
    rest: 'hsl(216 10% 91%)', found: 'hsl(291 64% 34%)', even: 'hsl(216 12% 87%)' },
  dark: { ink: '#f5f7f9', onFound: '#14181d', ring: '#8ec5ff', root: 'hsl(216 9% 30%)', pale: 'hsl(216 8% 23%)',
    rest: 'hsl(216 8% 25%)', found: 'hsl(291 70% 82%)', even: 'hsl(216 7% 30%)' },
};

// Of a frame of a heap: a module has a hue, and its functions differ a little, so that neighbours can be told apart.
export function frameColour(hue, isDark) {
  return isDark ? `hsl(${hue} 30% 29%)` : `hsl(${hue} 58% 83%)`;
}

// How many depths of colour a change can have.
export const STEPS = 5;

// Of a change: red grew, blue shrank, the deeper the larger. `step`: 1 to STEPS.
export function changeColour(direction, step, isDark) {
  const part = (step - 1) / (STEPS - 1);
  const hue = direction > 0 ? 6 : 214;
  return isDark
    ? `hsl(${hue} ${Math.round(28 + 34 * part)}% ${Math.round(26 + 11 * part)}%)`
    : `hsl(${hue} ${Math.round(62 + 26 * part)}% ${Math.round(91 - 20 * part)}%)`;
}

// The step of a part of all change: each is half as much as the next.
export function stepOf(share) {
  if (!(share > 0)) return 1;
  return Math.max(1, Math.min(STEPS, STEPS + Math.ceil(Math.log2(share))));
}

export function hueOf(text) {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  return (hash >>> 0) % 360;
}
