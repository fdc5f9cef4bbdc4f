// Elements by calls, never by markup: what a view or a document says can
// only ever become text here.
const SVG = 'http://www.w3.org/2000/svg';

// make('p', {class: 'note', onclick: f}, 'text', child...): an element. A
// function becomes a listener; false and null leave an attribute out.
export function make(tag, attributes, ...children) {
	const node = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (typeof value === 'function')
			node.addEventListener(name.replace(/^on/, ''), value);
		else if (value === true)
			node.setAttribute(name, '');
		else if (value !== false && value != null)
			node.setAttribute(name, value);
	}
	node.append(...children.flat(Infinity).filter(child => child != null && child !== false));
	return node;
}

const PATHS = {
	shield: 'M8 1.8l5 1.9v3.9c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6V3.7zM5.8 8l1.6 1.6 2.9-3.2',
};

export function icon(name, size) {
	const svg = document.createElementNS(SVG, 'svg');
	const path = document.createElementNS(SVG, 'path');

	svg.setAttribute('class', 'sh-ic');
	svg.setAttribute('width', size);
	svg.setAttribute('height', size);
	svg.setAttribute('viewBox', '0 0 16 16');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', PATHS[name]);
	svg.append(path);
	return svg;
}

// What a hostile text may not do to a reader: turn the reading direction,
// hide characters, or forge lines. Such characters are written out.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

export const visible = text =>
	String(text).replace(UNSEEN, c => 'U+' + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0'));

export async function copyText(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyBySelection(text);
	}
}

// Where there is no clipboard to write to (a file, an old browser). Inside
// the open dialog, if there is one: what lies outside it cannot be selected.
function copyBySelection(text) {
	const area = make('textarea', { class: 'sh-vh', 'aria-hidden': 'true', tabindex: -1 });

	area.value = text;
	(document.querySelector('dialog[open]') ?? document.body).append(area);
	area.select();
	const done = document.execCommand('copy');
	area.remove();
	return done;
}
