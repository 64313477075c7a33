// SPDX-License-Identifier: Apache-2.0
//
// How boxes are painted on the canvas, and in which colours. It reads the model and never changes it.

import { ROW } from './layout.js';

// Text keeps a contrast of 4.5 to 1 on each of the colours, in both schemes.
export const darkScheme = matchMedia('(prefers-color-scheme: dark)');

function schemeColours() {
  return darkScheme.matches
    ? { text: '#f6f7f8', on: '#ffffff', ring: '#8ec5ff', root: 'hsl(220 8% 30%)', pale: 'hsl(220 6% 25%)',
        rest: 'hsl(220 6% 27%)', found: 'hsl(300 75% 35%)', frame: hue => `hsl(${hue} 34% 31%)` }
    : { text: '#16191d', on: '#ffffff', ring: '#0b57a4', root: 'hsl(220 10% 84%)', pale: 'hsl(220 8% 91%)',
        rest: 'hsl(220 8% 90%)', found: 'hsl(300 75% 38%)', frame: hue => `hsl(${hue} 62% 80%)` };
}

// The colours of a diff are in the style, which the legend shares.
function changeColours() {
  const style = getComputedStyle(document.documentElement);
  return ['--shrank', '--mixed', '--grew'].map(name => style.getPropertyValue(name));
}

// A module has a hue, and its functions differ a little, so that neighbours can be told apart.
function hueOf(text) {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  return (hash >>> 0) % 360;
}
const hues = new Map();
function frameHue(view, node) {
  const key = view.module[node] * view.tree.data.names.length + view.name[node];
  let hue = hues.get(key);
  if (hue === undefined) {
    hue = hueOf(view.moduleOf(node)) + hueOf(view.nameOf(node)) % 70 - 35;
    hues.set(key, hue);
  }
  return hue;
}

function colourOf(box, view, held, found, colours) {
  if (box.rest) return colours.rest;
  if (box.node === 0) return colours.root;
  if (found && found.names[view.name[box.node]]) return colours.found;
  if (view.tree.data.isDiff) return colours.change[held.direction(box.node) + 1];
  if (found || box.isAncestor) return colours.pale;
  return colours.frame(frameHue(view, box.node));
}

// The canvas covers what can be seen and stays there while the box around it scrolls.
export function draw(canvas, scroll, view, held, boxes, found, focus) {
  const width = scroll.clientWidth, height = scroll.clientHeight, ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
  }
  const brush = canvas.getContext('2d');
  const colours = { ...schemeColours(), change: changeColours() };
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, width, height);
  brush.font = '12px ui-monospace, Menlo, Consolas, monospace';
  brush.textBaseline = 'middle';
  const letter = brush.measureText('m').width;
  for (const box of boxes) {
    const y = box.row * ROW - scroll.scrollTop;
    if (y + ROW < 0 || y > height) continue;
    const colour = colourOf(box, view, held, found, colours);
    brush.fillStyle = colour;
    brush.fillRect(box.x, y, Math.max(box.width - (box.width > 3 ? 1 : 0), 0.5), ROW - 1);
    const room = Math.floor((box.width - 8) / letter);
    if (room >= 3) {
      const text = box.rest ? box.rest.length + ' smaller' : view.nameOf(box.node);
      brush.fillStyle = colour === colours.found ? colours.on : colours.text;
      brush.fillText(text.length > room ? text.slice(0, room - 1) + '…' : text, box.x + 4, y + ROW / 2);
    }
    if (focus && box.node === focus.node && !box.rest === !focus.rest) {
      brush.strokeStyle = colours.ring;
      brush.lineWidth = 2;
      brush.strokeRect(box.x + 1, y + 1, Math.max(box.width - 3, 1), ROW - 3);
    }
  }
}
