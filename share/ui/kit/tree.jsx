// A tree (og-view(5)) as elements. A component that is not known is left
// out and its children drawn; of properties only what a tree may hold gets
// through. A failure stays where it happened.
import { createElement } from 'react';
import { Boundary } from './failure.jsx';
import { components } from './components.js';
import { isNumber, isObject, list, text } from './values.js';

const DEPTH_MAX = 60; // deeper is no page; the programs refuse it long before
const RESERVED = new Set(['children', 'key', 'ref', '__proto__', 'dangerouslySetInnerHTML']);

// Those whose words may also stand between their tags.
const WORDED = new Set(['Text', 'Code', 'Command', 'Citation', 'Badge', 'Alert', 'Empty']);

function propsOf(node) {
	const out = {};

	if (isObject(node.p))
		for (const key of Object.keys(node.p))
			if (!RESERVED.has(key))
				out[key] = node.p[key];
	return out;
}

const isWords = child => typeof child === 'string' || isNumber(child);

const isButton = child => isObject(child) && child.c === 'ActionButton';

function Part({ node, depth }) {
	if (isWords(node))
		return String(node).trim() ? createElement(components.Text, { text: node }) : null;
	if (!isObject(node) || depth > DEPTH_MAX)
		return null;
	const known = typeof node.c === 'string' && Object.prototype.hasOwnProperty.call(components, node.c);
	const kids = list(node.k);

	return known ? part(node, kids, depth) : parts(kids, depth);
}

function parts(kids, depth) {
	return kids.map((kid, i) => (
		<Boundary key={(isObject(kid) && text(kid.id)) || i} tool={isButton(kid)}>
			<Part node={kid} depth={depth + 1} />
		</Boundary>
	));
}

function part(node, kids, depth) {
	const props = propsOf(node);
	let rest = kids;

	if (WORDED.has(node.c)) {
		const words = kids.filter(isWords);

		rest = kids.filter(kid => !isWords(kid));
		if (words.length > 0 && props.text === undefined)
			props.text = words.join('');
	}
	props.children = rest.length > 0 ? parts(rest, depth) : undefined;
	return createElement(components[node.c], props);
}

// One whole tree; what is not a page is put into one.
export function Tree({ tree }) {
	const page = isObject(tree) && tree.c === 'Page' ? tree : { c: 'Page', p: {}, k: [tree] };

	return <Part node={page} depth={0} />;
}
