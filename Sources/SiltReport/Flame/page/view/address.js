// SPDX-License-Identifier: Apache-2.0
//
// The state of the page as the part of its address behind `#`, so that a view can be sent to somebody:
// `#kind=inuse_space&invert=1&search=Cache&zoom=main;serve`. No DOM in here.

const FLAGS = ['invert', 'around', 'runtimes', 'reversed'];
const TEXTS = ['picture', 'kind', 'function', 'search', 'sort', 'base', 'at'];

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

// What an address says; what it does not say, or says in no known way, is empty. `zoom` is a path of names.
/** @type {(hash: string) => Record<string, any>} */
export function parseAddress(hash) {
  const fields = new Map(hash.replace(/^#/, '').split('&').map(part => {
    const cut = part.indexOf('=');
    return cut < 0 ? [part, ''] : [part.slice(0, cut), part.slice(cut + 1)];
  }));
  const zoom = fields.get('zoom') ?? '';
  return {
    ...Object.fromEntries(TEXTS.map(name => [name, decode(fields.get(name) ?? '')])),
    ...Object.fromEntries(FLAGS.map(name => [name, fields.get(name) === '1'])),
    zoom: zoom === '' ? [] : zoom.split(';').map(decode),
  };
}

// The reverse; empty fields are left out, and without any it is empty.
export function formatAddress(state) {
  const fields = TEXTS.filter(name => state[name]).map(name => `${name}=${encodeURIComponent(state[name])}`);
  fields.push(...FLAGS.filter(name => state[name]).map(name => `${name}=1`));
  if (state.zoom.length > 0) fields.push('zoom=' + state.zoom.map(encodeURIComponent).join(';'));
  return fields.length > 0 ? '#' + fields.join('&') : '';
}

const SORTS = ['name', 'flat', 'cum', 'verdict'];

// What of an address can be shown, and in words what is ignored since there is no such thing; empty: all of it can be.
// `known`: the { pictures, kinds, names } of the page's data, and the `steps` of the path to its frame that were found.
export function correctAddress(fields, { pictures, kinds, names, steps }) {
  const lists = { picture: pictures, kind: kinds, function: names, sort: SORTS };
  const wrong = Object.keys(lists).filter(name => fields[name] && !lists[name].includes(fields[name]));
  const quoted = text => `“${text.length > 80 ? text.slice(0, 79) + '…' : text}”`;
  const words = wrong.map(name => `${name} ${quoted(fields[name])}`);
  if (steps < fields.zoom.length) words.push(`frame ${quoted(fields.zoom[steps])}`);
  return {
    ...fields, ...Object.fromEntries(wrong.map(name => [name, ''])), zoom: fields.zoom.slice(0, steps),
    words: words.length > 0 ? `The address names what is not here, and it is ignored: ${words.join(', ')}.` : '',
  };
}
