// Where the nodes of a graph go: in layers along the arrows, each layer
// ordered so that few lines cross. Cycles are broken where a walk in the
// order of the document meets itself.
import { objects, text, tone } from './values.js';

export const NODE = { width: 168, height: 44, right: 72, below: 18 };
const NODES_MAX = 300, EDGES_MAX = 1500;
const SWEEPS = 6;

// {nodes: Map id -> {id, label, kind, tone, out, in}, edges, cut}
export function readGraph(nodes, edges) {
	const all = new Map();

	for (const node of objects(nodes)) {
		const id = text(node.id), words = { label: text(node.label) || id, kind: text(node.kind) };

		if (id && !all.has(id) && all.size < NODES_MAX)
			all.set(id, { id, ...words, tone: tone(node.tone), out: [], in: [] });
	}
	const kept = [];

	for (const edge of objects(edges)) {
		const from = all.get(text(edge.from)), to = all.get(text(edge.to));

		if (!from || !to || kept.length >= EDGES_MAX)
			continue;
		const one = { from: from.id, to: to.id, type: text(edge.type) };

		kept.push(one);
		from.out.push(one);
		to.in.push(one);
	}
	return { nodes: all, edges: kept, cut: objects(nodes).length > all.size };
}

// Edges that would close a cycle; the walk keeps its own stack, so that a
// long chain is no danger.
function backEdges(graph) {
	const state = new Map(), back = new Set();

	for (const start of graph.nodes.keys()) {
		const stack = state.has(start) ? [] : [[start, 0]];

		state.set(start, state.get(start) ?? 'open');
		while (stack.length > 0) {
			const top = stack[stack.length - 1], edge = graph.nodes.get(top[0]).out[top[1]++];

			if (!edge) {
				state.set(top[0], 'done');
				stack.pop();
			} else if (state.get(edge.to) === 'open') {
				back.add(edge);
			} else if (!state.has(edge.to)) {
				state.set(edge.to, 'open');
				stack.push([edge.to, 0]);
			}
		}
	}
	return back;
}

// The longest way to each node, edges of cycles left aside.
function layersOf(graph, back) {
	const waits = new Map(), layer = new Map(), ready = [];

	for (const node of graph.nodes.values()) {
		waits.set(node.id, node.in.filter(edge => !back.has(edge)).length);
		layer.set(node.id, 0);
		if (waits.get(node.id) === 0)
			ready.push(node);
	}
	for (let node = ready.shift(); node; node = ready.shift())
		for (const edge of node.out) {
			if (back.has(edge))
				continue;
			layer.set(edge.to, Math.max(layer.get(edge.to), layer.get(node.id) + 1));
			waits.set(edge.to, waits.get(edge.to) - 1);
			if (waits.get(edge.to) === 0)
				ready.push(graph.nodes.get(edge.to));
		}
	return layer;
}

function columnsOf(graph, layer) {
	const columns = [];

	for (const node of graph.nodes.values()) {
		const at = layer.get(node.id);

		(columns[at] ??= []).push(node);
	}
	return columns.map(column => column ?? []);
}

// Each node to the middle of its neighbours, forward and back in turns.
function untangle(columns) {
	for (let sweep = 0; sweep < SWEEPS; sweep++) {
		const place = new Map(columns.flatMap(column => column.map((node, i) => [node.id, i - column.length / 2])));
		const middle = node => {
			const near = (sweep % 2 ? node.out.map(edge => edge.to) : node.in.map(edge => edge.from));
			const all = near.length ? near : [...node.in.map(edge => edge.from), ...node.out.map(edge => edge.to)];

			return all.length ? all.reduce((sum, id) => sum + place.get(id), 0) / all.length : place.get(node.id);
		};

		for (const column of columns) {
			const wanted = new Map(column.map(node => [node.id, middle(node)]));

			column.sort((a, b) => wanted.get(a.id) - wanted.get(b.id) || place.get(a.id) - place.get(b.id));
		}
	}
}

const COLUMN_MAX = 14; // a layer with more nodes than that stands in several columns

function folded(columns) {
	return columns.flatMap(column => {
		const parts = Math.ceil(column.length / COLUMN_MAX) || 1, size = Math.ceil(column.length / parts);

		return Array.from({ length: parts }, (_, i) => column.slice(i * size, (i + 1) * size));
	});
}

// {places: Map id -> {x, y}, width, height}
export function layout(graph) {
	const layers = columnsOf(graph, layersOf(graph, backEdges(graph)));

	untangle(layers);
	const columns = folded(layers), step = NODE.height + NODE.below;
	const tallest = columns.reduce((most, column) => Math.max(most, column.length), 1), places = new Map();

	columns.forEach((column, i) => column.forEach((node, j) => places.set(node.id, {
		x: i * (NODE.width + NODE.right),
		y: (tallest - column.length) * step / 2 + j * step,
	})));
	return {
		places, columns,
		width: Math.max(1, columns.length) * (NODE.width + NODE.right) - NODE.right,
		height: tallest * step - NODE.below,
	};
}
