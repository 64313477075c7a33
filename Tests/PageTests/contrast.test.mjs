// SPDX-License-Identifier: Apache-2.0
//
// The contrast of every colour of text on every colour behind it, in both schemes, by the formulas of WCAG 2.1: text has
// 4.5 to 1 at least, what is no text and tells something, 3 to 1.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { STEPS, changeColour, frameColour, schemes, stepOf } from '../../Sources/SiltReport/Flame/page/view/colours.js';

const style = readFileSync(new URL('../../Sources/SiltReport/Flame/page/tokens.css', import.meta.url), 'utf8');
const [light, dark] = style.split('@media (prefers-color-scheme: dark)')
  .map(part => Object.fromEntries([...part.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value])));

function rgb(colour) {
  const hex = /^#(..)(..)(..)$/.exec(colour);
  if (hex) return hex.slice(1).map(part => parseInt(part, 16) / 255);
  const [, hue, saturation, lightness] = /^hsl\((-?[\d.]+) ([\d.]+)% ([\d.]+)%\)$/.exec(colour).map(Number);
  const s = saturation / 100, l = lightness / 100;
  return [0, 8, 4].map(n => {
    const k = (((n + hue / 30) % 12) + 12) % 12;
    return l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  });
}

function luminance(colour) {
  const [r, g, b] = rgb(colour).map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function expectContrast(text, behind, least, what) {
  const found = contrast(text, behind);
  assert.ok(found >= least, `${what}: ${text} on ${behind} has ${found.toFixed(2)}, not ${least}`);
}

test('the formula gives what WCAG says', () => {
  assert.equal(contrast('#ffffff', '#000000'), 21);
  assert.ok(Math.abs(contrast('#777777', '#ffffff') - 4.48) < 0.01);
  assert.ok(Math.abs(contrast('hsl(0 0% 46.6667%)', '#ffffff') - 4.48) < 0.01);
});

for (const [scheme, tokens] of [['light', light], ['dark', dark]]) {
  test(`text can be read, ${scheme}`, () => {
    assert.equal(Object.keys(tokens).length, Object.keys(light).length, 'both schemes have every colour');
    for (const behind of ['back', 'panel']) {
      for (const text of ['text', 'quiet', 'accent', 'grew', 'shrank', 'even']) {
        expectContrast(tokens[text], tokens[behind], 4.5, `${text} on ${behind}`);
      }
    }
    for (const verdict of ['grew', 'shrank', 'even']) {
      expectContrast(tokens[verdict], tokens[verdict + '-back'], 4.5, verdict);
    }
    expectContrast(tokens['on-accent'], tokens.accent, 4.5, 'a pressed button');
    expectContrast(tokens.accent, tokens.band, 3, 'the line of the heap on its band');
  });

  test(`frames can be read, ${scheme}`, () => {
    const { ink, onFound, ring, ...behind } = schemes[scheme];
    for (const name of ['root', 'pale', 'rest', 'even']) expectContrast(ink, behind[name], 4.5, name);
    expectContrast(onFound, behind.found, 4.5, 'a frame that a search finds');
    for (let hue = -35; hue < 395; hue++) expectContrast(ink, frameColour(hue, scheme === 'dark'), 4.5, 'a frame');
    for (const direction of [-1, 1]) {
      for (let step = 1; step <= STEPS; step++) {
        const colour = changeColour(direction, step, scheme === 'dark');
        expectContrast(ink, colour, 4.5, `a change of step ${step}`);
        if (step === STEPS) expectContrast(ring, colour, 1.5, 'the ring of the focus');
      }
    }
    expectContrast(ring, tokens.back, 3, 'the ring of the focus');
  });
}

test('the parts of resident memory can be told, in both schemes', () => {
  const parts = readFileSync(new URL('../../Sources/SiltReport/Heap/page/rss.css', import.meta.url), 'utf8');
  assert.ok(!parts.includes(':root'), 'all else is in tokens.css');
  const colours = [...parts.matchAll(/\.([a-z-]+) \{ background: (?:#|repeating[^#]*#)([0-9a-f]{6})(?:[^;#]*#([0-9a-f]{6}))?/g)];
  assert.equal(colours.length, 10);
  for (const [, name, ...shades] of colours) {
    for (const shade of shades.filter(Boolean)) {
      expectContrast('#ffffff', '#' + shade, 4.5, `text on ${name}`);
      for (const { back } of [light, dark]) expectContrast('#' + shade, back, 3, name);
    }
  }
});

test('the colour of a change is deeper the larger its part is', () => {
  assert.deepEqual([1, 0.6, 0.5, 0.3, 0.1, 0.01, 0, NaN].map(stepOf), [5, 5, 4, 4, 2, 1, 1, 1]);
  for (const isDark of [false, true]) {
    for (let step = 1; step < STEPS; step++) {
      const away = step => contrast(changeColour(1, step, isDark), (isDark ? dark : light).back);
      assert.ok(away(step + 1) > away(step), 'further from the page behind it');
    }
  }
});
