// SPDX-License-Identifier: Apache-2.0
//
// Columns of the page's data as PackedColumns.swift writes them: many numbers in few bytes. No DOM in here.

const LETTERS = new Uint8Array(128);
[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].forEach((letter, index) => {
  LETTERS[letter.charCodeAt(0)] = index;
});

// Whole numbers: five bits a letter, the lowest first; where 32 is in it another letter follows.
export function unpackNumbers(text) {
  const numbers = [];
  let number = 0, unit = 1;
  for (let index = 0; index < text.length; index++) {
    const bits = LETTERS[text.charCodeAt(index)];
    number += (bits & 31) * unit;
    unit *= 32;
    if (bits < 32) {
      numbers.push(number);
      number = 0;
      unit = 1;
    }
  }
  return numbers;
}

// Figures: the different ones, and which of them each row has.
export function unpackColumn({ values, at }) { return unpackNumbers(at).map(index => values[index]); }

// The data of a page with its columns as plain lists.
export function unpackPage({ pictures, parents, nodes, frames, ...rest }) {
  return {
    ...rest,
    // How far before a node its parent is; node 0, the root of all, has no frame.
    parents: unpackNumbers(parents).map((back, node) => node - back),
    nodes: unpackNumbers(nodes).map(frame => frame - 1),
    frames: unpackNumbers(frames),
    pictures: pictures.map(picture => {
      let last = 0;
      return {
        ...picture,
        leaves: unpackNumbers(picture.leaves).map(step => (last += (step % 2 === 0 ? step : -step - 1) / 2)),
        folded: unpackColumn(picture.folded),
        figures: picture.figures.map(unpackFigures),
      };
    }),
  };
}

function unpackFigures({ came, went, more, sizes, verdicts }) {
  const columns = group => group && Object.fromEntries(
    Object.entries(group).map(([name, column]) => [name, unpackColumn(column)]));
  return { came: columns(came), went: columns(went), more: unpackColumn(more), sizes: columns(sizes),
    verdicts: verdicts && unpackColumn(verdicts) };
}
