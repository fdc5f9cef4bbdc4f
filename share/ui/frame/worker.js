// The engine of live code: in a worker, without a document. It turns
// function View({data, result, act}) into a plain tree {c, p, k} and posts
// it; the frame draws it. The hooks are React's in miniature. Nothing here
// is a boundary: that the worker has no document and no network is.
const post = self.postMessage.bind(self), later = self.setTimeout.bind(self);
const VIRTUAL = Symbol('virtual'), Fragment = Symbol('fragment');
const ELEMENTS_MAX = 20_000;

let View = null, input = null, rendering = false, again = false;
let components = new Map(), live = new Set(), handlers = new Map(), effects = [];
let current = null, count = 0, calls = 0;
const waiting = new Map();

/* hooks: a component keeps a list of slots, taken in order */

function slot(make) {
	if (!current)
		throw new Error('hooks are for components');
	if (current.next === current.slots.length)
		current.slots.push(make());
	return current.slots[current.next++];
}

function renderSoon() {
	if (again)
		return;
	again = true;
	queueMicrotask(render);
}

const same = (a, b) => a && b && a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

function useReducer(reduce, initial, start) {
	const it = slot(() => {
		const made = { value: start ? start(initial) : initial };

		made.dispatch = action => {
			const next = made.reduce(made.value, action);
			if (Object.is(next, made.value))
				return;
			made.value = next;
			renderSoon();
		};
		return made;
	});

	it.reduce = reduce;
	return [it.value, it.dispatch];
}

const useState = initial => useReducer(
	(value, next) => typeof next === 'function' ? next(value) : next,
	undefined, () => typeof initial === 'function' ? initial() : initial);

function useMemo(make, needs) {
	const it = slot(() => ({}));

	if (!same(it.needs, needs)) {
		it.value = make();
		it.needs = needs;
	}
	return it.value;
}

function useEffect(run, needs) {
	const it = slot(() => ({}));

	if (same(it.needs, needs))
		return;
	it.needs = needs;
	effects.push(() => {
		it.clean?.();
		const clean = run();
		it.clean = typeof clean === 'function' ? clean : null;
	});
}

const useRef = value => slot(() => ({ current: value }));
const useCallback = (f, needs) => useMemo(() => f, needs);
const useId = () => slot(() => ({ value: `v${++calls}` })).value;

/* from what JSX makes to a tree */

const createElement = (type, props, ...children) =>
	({ [VIRTUAL]: true, type, props: props ?? {}, children });

const isNothing = value => value === null || value === undefined || typeof value === 'boolean';

function plain(value, path) {
	if (typeof value === 'function') {
		handlers.set(path, value);
		return { $fn: path };
	}
	if (isNothing(value) || typeof value !== 'object')
		return typeof value === 'symbol' || typeof value === 'bigint' ? String(value) : value;
	if (value[VIRTUAL])
		return expand(value, path);
	if (Array.isArray(value))
		return value.map((item, i) => plain(item, `${path}.${i}`));
	if (value instanceof Date)
		return value.toISOString();
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, `${path}.${key}`)]));
}

function expandAll(children, path) {
	return children.flatMap((child, i) => {
		if (isNothing(child))
			return [];
		if (Array.isArray(child))
			return expandAll(child, `${path}/${i}`);
		const made = expand(child, `${path}/${child.props?.key ?? i}`);
		return Array.isArray(made) ? made : made === null ? [] : [made];
	});
}

// Runs a component with its own slots, found again by where it stands.
function runComponent({ type, props, children }, path) {
	const id = `${path}:${type.name}`, outer = current;

	current = components.get(id) ?? { slots: [] };
	current.next = 0;
	components.set(id, current);
	live.add(id);
	try {
		return expand(type({ ...props, children: children.length === 1 ? children[0] : children }), id);
	} finally {
		current = outer;
	}
}

function expand(node, path) {
	if (++count > ELEMENTS_MAX)
		throw new RangeError(`the view has more than ${ELEMENTS_MAX} elements`);
	if (isNothing(node))
		return null;
	if (Array.isArray(node))
		return expandAll(node, path);
	if (!node[VIRTUAL])
		return String(node);
	if (node.type === Fragment)
		return expandAll(node.children, path);
	if (typeof node.type === 'function')
		return runComponent(node, path);
	const { key, children, ...props } = node.props;
	const inner = node.children.length > 0 ? node.children : [children].flat();
	const tree = { c: String(node.type), p: plain(props, `${path}@`), k: expandAll(inner, path) };
	if (key !== undefined)
		tree.id = String(key);
	return tree;
}

/* rendering */

function fail(error) {
	post({ t: 'error', name: String(error?.name ?? 'Error'), message: String(error?.message ?? error).slice(0, 500) });
}

function forgetGone() {
	for (const [id, { slots }] of components) {
		if (live.has(id))
			continue;
		slots.forEach(it => it?.clean?.());
		components.delete(id);
	}
}

function render() {
	again = false;
	if (!View || !input || rendering)
		return;
	rendering = true;
	live = new Set();
	handlers = new Map();
	effects = [];
	count = 0;
	try {
		const tree = expand(createElement(View, { ...input, act }), '');
		forgetGone();
		post({ t: 'tree', tree: JSON.stringify(tree) });
		effects.splice(0).forEach(run => run());
	} catch (error) {
		fail(error);
	} finally {
		rendering = false;
	}
}

// An action by name: a promise of its answer.
function act(name, args) {
	const id = ++calls;

	post({ t: 'call', id, name, args: args ?? {} });
	return new Promise(resolve => waiting.set(id, resolve));
}

function receive(message) {
	if (message.t === 'data') {
		input = message.data;
		render();
	} else if (message.t === 'event') {
		handlers.get(message.fn)?.(...message.args);
	} else if (message.t === 'answer') {
		waiting.get(message.id)?.(message.result);
		waiting.delete(message.id);
	}
}

self.onmessage = ({ data: message }) => {
	try {
		receive(message);
	} catch (error) {
		fail(error);
	}
	// After the microtasks: a loop in what a state change leads to must show.
	later(() => post({ t: 'done', n: message.n }));
};
self.onunhandledrejection = event => fail(event.reason);

const React = { createElement, Fragment, useState, useReducer, useMemo, useCallback, useRef, useId, useEffect,
	useLayoutEffect: useEffect };
// Any name of a component is its own name: whether the kit has it is the frame's to say.
const kit = new Proxy({}, { get: (_, name) => String(name) });

Object.defineProperty(self, 'OG', { value: Object.freeze({
	mount(make) {
		try {
			View = make(React, kit);
			if (typeof View !== 'function')
				throw new TypeError('the view must define function View');
		} catch (error) {
			View = () => { throw error; };
		}
		post({ t: 'ready' });
	},
}) });
