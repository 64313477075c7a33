// SPDX-License-Identifier: Apache-2.0
//
// The state of the page as the part of its address behind `#`, so that a view can be sent to somebody:
// `#kind=inuse_space&invert=1&search=Cache&zoom=main;serve`. No DOM in here.

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

// What an address says; what it does not say, or says in no known way, is empty. `zoom` is a path of names.
export function parseAddress(hash) {
  const fields = new Map(hash.replace(/^#/, '').split('&').map(part => {
    const cut = part.indexOf('=');
    return cut < 0 ? [part, ''] : [part.slice(0, cut), part.slice(cut + 1)];
  }));
  const zoom = fields.get('zoom') ?? '';
  return {
    kind: decode(fields.get('kind') ?? ''),
    invert: fields.get('invert') === '1',
    search: decode(fields.get('search') ?? ''),
    zoom: zoom === '' ? [] : zoom.split(';').map(decode),
  };
}

// The reverse; empty fields are left out, and without any it is empty.
export function formatAddress({ kind, invert, search, zoom }) {
  const fields = [];
  if (kind) fields.push('kind=' + encodeURIComponent(kind));
  if (invert) fields.push('invert=1');
  if (search) fields.push('search=' + encodeURIComponent(search));
  if (zoom.length > 0) fields.push('zoom=' + zoom.map(encodeURIComponent).join(';'));
  return fields.length > 0 ? '#' + fields.join('&') : '';
}
