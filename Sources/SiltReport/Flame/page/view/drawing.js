// SPDX-License-Identifier: Apache-2.0
//
// How boxes are painted on the canvas. It reads the model and never changes it.

import { shortName } from '../model/names.js';
import { STEPS, changeColour, frameColour, hueOf, schemes, stepOf } from './colours.js';
import { ROW } from './layout.js';

export const darkScheme = matchMedia('(prefers-color-scheme: dark)');

const hues = new Map();
function frameHue(view, node) {
  const key = `${view.moduleOf(node)}\n${view.nameOf(node)}`;
  let hue = hues.get(key);
  if (hue === undefined) {
    hue = hueOf(view.moduleOf(node)) + hueOf(view.nameOf(node)) % 70 - 35;
    hues.set(key, hue);
  }
  return hue;
}

function colourOf({ view, node, rest, isAncestor }, kind, found, colours) {
  if (rest) return colours.rest;
  if (node === 0) return colours.root;
  if (found && found.names[view.name[node]]) return colours.found;
  if (found || isAncestor) return colours.pale;
  if (!view.tree.data.isDiff) return frameColour(frameHue(view, node), darkScheme.matches);
  const { held } = view.sums(kind);
  const direction = held.direction(node);
  if (direction === 0) return colours.even;
  // The whole of the picture, not of the frame that is zoomed to: a colour means the same wherever one looks.
  const whole = view.tree.view('root', view.isFolded).sums(kind).held.gross[0];
  return changeColour(direction, stepOf(Math.abs(held.net(node)) / whole), darkScheme.matches);
}

const labels = new Map();
function labelOf(name, room) {
  const key = `${room} ${name}`;
  let label = labels.get(key);
  if (label === undefined) {
    label = shortName(name, room);
    labels.set(key, label);
  }
  return label;
}

// The canvas covers what can be seen and stays there while the box around it scrolls.
export function draw(canvas, scroll, kind, boxes, found, focus) {
  const width = scroll.clientWidth, height = scroll.clientHeight, ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
  }
  const brush = canvas.getContext('2d');
  const colours = schemes[darkScheme.matches ? 'dark' : 'light'];
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, width, height);
  brush.font = '12px ui-monospace, Menlo, Consolas, monospace';
  brush.textBaseline = 'middle';
  const letter = brush.measureText('m').width;
  for (const box of boxes) {
    const y = box.row * ROW - scroll.scrollTop;
    if (y + ROW < 0 || y > height) continue;
    const colour = colourOf(box, kind, found, colours);
    brush.fillStyle = colour;
    brush.fillRect(box.x, y, Math.max(box.width - (box.width > 3 ? 1 : 0), 0.5), ROW - 1);
    const room = Math.floor((box.width - 8) / letter);
    if (room >= 3) {
      brush.fillStyle = colour === colours.found ? colours.onFound : colours.ink;
      brush.fillText(
        labelOf(box.rest ? box.rest.length + ' smaller' : box.view.nameOf(box.node), room), box.x + 4, y + ROW / 2);
    }
    if (focus && box.view === focus.view && box.node === focus.node && !box.rest === !focus.rest) {
      brush.strokeStyle = colours.ring;
      brush.lineWidth = 2;
      brush.strokeRect(box.x + 1, y + 1, Math.max(box.width - 3, 1), ROW - 3);
    }
  }
}

// The colours of a change, from what shrank most to what grew most.
export function rampOfChange() {
  const side = direction => Array.from({ length: STEPS }, (_, index) => changeColour(direction, index + 1, darkScheme.matches));
  return [...side(-1).reverse(), schemes[darkScheme.matches ? 'dark' : 'light'].even, ...side(1)];
}
