// SPDX-License-Identifier: Apache-2.0
//
// The page's drawing: which boxes there are at a zoom, and how they are painted. It reads the state and never
// changes it.

extension FlameScript {
    static let drawing = #"""
        // ---- Boxes: only what is at least a pixel wide, so that the number of frames does not matter.

        const ROW = 20;

        // The zoomed node fills the width, its ancestors stand above it. Siblings are sorted, so those too narrow to
        // show are the last ones; they share one box.
        function layout(view, sums, zoom, width) {
          const boxes = [];
          for (let node = zoom; node >= 0; node = view.parent[node]) {
            boxes.push({ node, row: view.depth[node], x: 0, width, isAncestor: node !== zoom });
          }
          const scale = sums.gross[zoom] > 0 ? width / sums.gross[zoom] : 0;
          const open = [{ node: zoom, x: 0 }];
          while (open.length) {
            const { node, x } = open.pop();
            let left = x;
            const children = sums.children[node] ?? [];
            for (let index = 0; index < children.length; index++) {
              const child = children[index];
              const wide = sums.gross[child] * scale;
              if (wide < 1) {
                const rest = children.slice(index);
                const together = rest.reduce((sum, other) => sum + sums.gross[other], 0) * scale;
                if (together >= 1) boxes.push({ node, rest, row: view.depth[node] + 1, x: left, width: together });
                break;
              }
              boxes.push({ node: child, row: view.depth[child], x: left, width: wide });
              open.push({ node: child, x: left });
              left += wide;
            }
          }
          return boxes;
        }

        // ---- Colours. Text keeps a contrast of 4.5 to 1 on each of them, in both schemes.

        const darkScheme = matchMedia('(prefers-color-scheme: dark)');

        function paint() {
          return darkScheme.matches
            ? { text: '#f6f7f8', on: '#ffffff', ring: '#8ec5ff', root: 'hsl(220 8% 30%)', pale: 'hsl(220 6% 25%)',
                rest: 'hsl(220 6% 27%)', found: 'hsl(300 75% 35%)', frame: hue => `hsl(${hue} 34% 31%)` }
            : { text: '#16191d', on: '#ffffff', ring: '#0b57a4', root: 'hsl(220 10% 84%)', pale: 'hsl(220 8% 91%)',
                rest: 'hsl(220 8% 90%)', found: 'hsl(300 75% 38%)', frame: hue => `hsl(${hue} 62% 80%)` };
        }

        // A module has a hue, and its functions differ a little, so that neighbours can be told apart.
        function hueOf(text) {
          let hash = 2166136261;
          for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
          return (hash >>> 0) % 360;
        }
        const hues = new Map();
        function frameHue(view, node) {
          const key = view.module[node] * data.names.length + view.name[node];
          if (!hues.has(key)) {
            hues.set(key, hueOf(data.modules[view.module[node]]) + hueOf(data.names[view.name[node]]) % 70 - 35);
          }
          return hues.get(key);
        }

        // In a diff the colour says what can be said of a frame: grew, shrank, or not to be told from noise.
        function changeColour(sums, node) {
          const net = sums.net[node];
          const style = getComputedStyle(document.documentElement);
          const unclear = isNoise(net, sums.variance[node]) || Math.abs(net) < 0.1 * sums.gross[node];
          return style.getPropertyValue(unclear ? '--mixed' : net > 0 ? '--grew' : '--shrank');
        }

        function colourOf(box, view, sums, found, colours) {
          if (box.rest) return colours.rest;
          if (box.node === 0) return colours.root;
          if (found && found.names[view.name[box.node]]) return colours.found;
          if (data.isDiff) return changeColour(sums, box.node);
          if (found || box.isAncestor) return colours.pale;
          return colours.frame(frameHue(view, box.node));
        }

        function boxText(box, view) {
          if (box.rest) return box.rest.length + ' smaller';
          return box.node === 0 ? 'all' : data.names[view.name[box.node]];
        }

        // ---- Painting. The canvas covers what can be seen and sticks there while its box scrolls.

        function draw(canvas, scroll, view, sums, boxes, found, focus) {
          const width = scroll.clientWidth, height = scroll.clientHeight, ratio = devicePixelRatio || 1;
          if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
            canvas.width = Math.round(width * ratio);
            canvas.height = Math.round(height * ratio);
            canvas.style.width = width + 'px';
            canvas.style.height = height + 'px';
          }
          const brush = canvas.getContext('2d');
          const colours = paint();
          brush.setTransform(ratio, 0, 0, ratio, 0, 0);
          brush.clearRect(0, 0, width, height);
          brush.font = '12px ui-monospace, Menlo, Consolas, monospace';
          brush.textBaseline = 'middle';
          const letter = brush.measureText('m').width;
          for (const box of boxes) {
            const y = box.row * ROW - scroll.scrollTop;
            if (y + ROW < 0 || y > height) continue;
            const colour = colourOf(box, view, sums, found, colours);
            brush.fillStyle = colour;
            brush.fillRect(box.x, y, Math.max(box.width - (box.width > 3 ? 1 : 0), 0.5), ROW - 1);
            const room = Math.floor((box.width - 8) / letter);
            if (room >= 3) {
              const text = boxText(box, view);
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
        """#
}
