// SPDX-License-Identifier: Apache-2.0
//
// Which boxes are drawn, and where: only those at least a pixel wide, so that the number of frames does not matter. No
// DOM in here.

export const ROW = 20;

// The zoomed node fills the width, its ancestors stand above it. Siblings are sorted, so those too narrow to show are
// the last ones; they share one box, which has them as its `rest`. The first box is the zoomed node's.
export function layout(view, kind, zoom, width) {
  const { held, children } = view.sums(kind);
  const boxes = [];
  for (let node = zoom; node >= 0; node = view.parent[node]) {
    boxes.push({ view, node, row: view.depth[node], x: 0, width, isAncestor: node !== zoom });
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
        if (together >= 1) boxes.push({ view, node, rest, row, x: left, width: together });
        break;
      }
      boxes.push({ view, node: child, row, x: left, width: wide });
      open.push({ node: child, x: left });
      left += wide;
    }
  }
  return boxes;
}

// One function across the width, its callers above it and what it calls below. The first box is its own.
export function layoutAround(callers, callees, kind, width) {
  // Node 1 is the function; it is not there if no stack of this picture has it.
  const side = view => (view.parent.length < 2 ? [] : layout(view, kind, 1, width).filter(box => box.node > 0));
  const above = side(callers), below = side(callees);
  const height = above.reduce((most, box) => Math.max(most, box.row), 1) - 1;
  for (const box of above) box.row = height - (box.row - 1);
  for (const box of below) box.row += height - 1;
  return [...below, ...above.slice(1)];
}

// The neighbour of a box that an arrow key leads to: the widest of those that touch it. Without one, walking starts at
// the first box.
export function neighbour(boxes, at, key) {
  if (!at) return boxes[0];
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    const row = at.row + (key === 'ArrowDown' ? 1 : -1);
    return boxes.filter(box => box.row === row && box.x < at.x + at.width - 0.01 && box.x + box.width > at.x + 0.01)
      .sort((a, b) => b.width - a.width)[0];
  }
  const row = boxes.filter(box => box.row === at.row).sort((a, b) => a.x - b.x);
  return row[row.indexOf(at) + (key === 'ArrowRight' ? 1 : -1)];
}
