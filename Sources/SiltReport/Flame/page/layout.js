// SPDX-License-Identifier: Apache-2.0
//
// Which boxes are drawn at a zoom, and where: only those at least a pixel wide, so that the number of frames does not
// matter. No DOM in here.

export const ROW = 20;

// The zoomed node fills the width, its ancestors stand above it. Siblings are sorted, so those too narrow to show are
// the last ones; they share one box, which has them as its `rest`.
export function layout(view, sums, zoom, width) {
  const { held, children } = sums;
  const boxes = [];
  for (let node = zoom; node >= 0; node = view.parent[node]) {
    boxes.push({ node, row: view.depth[node], x: 0, width, isAncestor: node !== zoom });
  }
  const scale = held.gross[zoom] > 0 ? width / held.gross[zoom] : 0;
  const open = [{ node: zoom, x: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, x } = next;
    const row = view.depth[node] + 1;
    let left = x;
    for (let index = 0; index < children[node].length; index++) {
      const child = children[node][index];
      const wide = held.gross[child] * scale;
      if (wide < 1) {
        const rest = children[node].slice(index);
        const together = rest.reduce((sum, other) => sum + held.gross[other], 0) * scale;
        if (together >= 1) boxes.push({ node, rest, row, x: left, width: together });
        break;
      }
      boxes.push({ node: child, row, x: left, width: wide });
      open.push({ node: child, x: left });
      left += wide;
    }
  }
  return boxes;
}

// The neighbour of a box that an arrow key leads to; without one, the zoomed frame is where walking starts.
export function neighbour(view, boxes, zoom, at, key) {
  if (!at) return boxes.find(box => box.node === zoom && !box.rest);
  const inRow = row => boxes.filter(box => box.row === row).sort((a, b) => a.x - b.x);
  const parent = box => (box.rest ? box.node : view.parent[box.node]);
  if (key === 'ArrowDown') return inRow(at.row + 1).find(box => !at.rest && parent(box) === at.node);
  if (key === 'ArrowUp') return boxes.find(box => !box.rest && box.node === parent(at));
  const row = inRow(at.row);
  return row[row.indexOf(at) + (key === 'ArrowRight' ? 1 : -1)];
}
