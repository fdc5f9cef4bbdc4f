// The tree of live code becomes elements. Components come from the kit's own
// list, and besides them a few plain tags may stand; properties are plain
// values, by name: nothing in a tree can name a handler, a reference, markup
// or an address. An event of a button or a field goes to the worker.
import { createElement, useEffect, useState } from 'react';
import { components } from '../kit/index.js';

const NODES_MAX = 50_000, DEPTH_MAX = 100;

const own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
const isObject = value => value !== null && typeof value === 'object';
const isComponent = name => typeof name === 'string' && /^[A-Z]/.test(name) && own(components, name);

// Properties with a meaning of their own to React or to a browser.
const BANNED = /^(?:key|ref|children|tools|class|className|style|is|slot|dangerouslySetInnerHTML|__.*|on[A-Z].*)$/;

const TAGS = new Set(('div span p b strong em i small code pre ul ol li dl dt dd h2 h3 h4 hr br table thead ' +
	'tbody tr th td section article button input select option label').split(' '));
const VOID = new Set(['hr', 'br', 'input']);
const EVENTS = { button: ['onClick'], input: ['onChange'], select: ['onChange'] };
const INPUT_TYPES = new Set(['text', 'search', 'number', 'checkbox', 'range']);
const STYLE = /^(?:margin|padding|gap|display|flex|align|justify|text|font|opacity|width|maxWidth|minWidth|grid)/;

// A node: {c, p, k}. Text stands as it is.
function walk(node, at, pen) {
	if (!isObject(node))
		return node === true || node === false ? null : node;
	if (++pen.nodes > NODES_MAX || at.depth > DEPTH_MAX)
		throw new RangeError('the view is too large');
	if (Array.isArray(node))
		return node.map((child, i) => walk(child, { depth: at.depth + 1, key: i }, pen));
	if (isComponent(node.c))
		return part(node, at, pen);
	if (TAGS.has(node.c))
		return liveElement(node, at, pen);
	throw new TypeError(`unknown component ${String(node.c).slice(0, 40)}`);
}

function element(type, props, node, at, pen) {
	const children = (Array.isArray(node.k) ? node.k : []).map((child, i) =>
		walk(child, { depth: at.depth + 1, key: i }, pen));

	return createElement(type, { ...props, key: node.id ?? at.key }, ...children);
}

// Words between the tags of a part are its text, where it has one.
function part(node, at, pen) {
	const props = plainProps(node.p), words = Array.isArray(node.k) && node.k.length > 0 &&
		node.k.every(child => typeof child === 'string');

	if (words && props.text === undefined)
		props.text = node.k.join('');
	return element(components[node.c], props, words && node.c !== 'Page' ? { ...node, k: [] } : node, at, pen);
}

function plainProps(props) {
	const plain = {};

	for (const name of isObject(props) ? Object.keys(props) : []) {
		if (!BANNED.test(name) && typeof props[name] !== 'function')
			plain[name] = props[name];
	}
	return plain;
}

/* tags of live code */

function liveElement(node, at, pen) {
	const given = isObject(node.p) ? node.p : {}, props = {};

	for (const name of ['title', 'value', 'placeholder', 'disabled', 'checked', 'min', 'max', 'step', 'colSpan']) {
		if (own(given, name) && !isObject(given[name]))
			props[name] = given[name];
	}
	if (typeof given['aria-label'] === 'string')
		props['aria-label'] = given['aria-label'];
	if (/^(?:og-[a-z-]+ ?)+$/.test(given.className))
		props.className = given.className;
	props.style = plainStyle(given.style);
	for (const name of EVENTS[node.c] ?? []) {
		const target = given[name]?.$fn;
		if (typeof target === 'string')
			props[name] = event => pen.event(target, eventOf(event));
	}
	if (node.c === 'button')
		return element('button', { className: 'og-btn', ...props, type: 'button' }, node, at, pen);
	if (node.c === 'input' || node.c === 'select')
		return field(node, props, given, at, pen);
	return element(node.c, props, VOID.has(node.c) ? { ...node, k: [] } : node, at, pen);
}

// A field holds what is typed at once; what the worker says of it comes
// later, and only when it differs from what it was last told.
function Field({ tag, props, children }) {
	const box = props.type === 'checkbox', name = box ? 'checked' : 'value';
	const [value, setValue] = useState(props[name] ?? (box ? false : ''));

	useEffect(() => { setValue(props[name] ?? (box ? false : '')); }, [props[name]]);
	return createElement(tag, { ...props, [name]: value, onChange(event) {
		setValue(event.target[name]);
		props.onChange?.(event);
	} }, ...children);
}

function field(node, props, given, at, pen) {
	if (node.c === 'input')
		props.type = INPUT_TYPES.has(given.type) ? given.type : 'text';
	const options = node.c === 'select' && Array.isArray(node.k) ? node.k : [];
	const children = options.map((child, i) => walk(child, { depth: at.depth + 1, key: i }, pen));

	return createElement(Field, { key: node.id ?? at.key, tag: node.c, props, children: children.length ? children : [] });
}

function plainStyle(style) {
	const plain = {};

	for (const name of isObject(style) ? Object.keys(style) : []) {
		const value = style[name];
		if (STYLE.test(name) && (typeof value === 'number' || /^[\w\s.%#,+-]{0,80}$/.test(value)))
			plain[name] = value;
	}
	return plain;
}

const eventOf = event => ({ type: event.type, target: {
	value: event.target?.value, checked: event.target?.checked } });

// The whole tree. event(fn, argument) reaches its worker.
export const LiveTree = ({ tree, event }) => walk(tree, { depth: 0, key: 0 }, { nodes: 0, event });
