// Where the nodes of a graph go: in layers along the arrows, each layer
// ordered so that few lines cross. An edge over several layers gets a place
// in each of them, so that it passes between nodes. Cycles are broken where
// a walk in the order of the document meets itself; such an edge is laid
// the other way round and only its arrow tells.
import { objects, text, tone } from './values.js';

export const NODE = { width: 168, height: 44, right: 76, below: 18 };
const LANE = 10; // what an edge that passes a layer takes there
const NODES_MAX = 300, EDGES_MAX = 1500, LANES_MAX = 2000;
const SWEEPS = 8;
const COLUMN_MAX = 14; // a layer with more nodes than that stands in several columns

// {nodes: Map id -> {id, label, kind, tone, out, in}, edges, cut}
export function readGraph(nodes, edges) {
	const all = new Map();

	for (const node of objects(nodes)) {
		const id = text(node.id), words = { label: text(node.label) || id, kind: text(node.kind) };

		if (id && !all.has(id) && all.size < NODES_MAX)
			all.set(id, { id, ...words, tone: tone(node.tone), out: [], in: [] });
	}
	return { nodes: all, edges: readEdges(all, edges), cut: objects(nodes).length > all.size };
}

function readEdges(nodes, edges) {
	const kept = [];

	for (const edge of objects(edges)) {
		const from = nodes.get(text(edge.from)), to = nodes.get(text(edge.to));

		if (!from || !to || kept.length >= EDGES_MAX)
			continue;
		const one = { from: from.id, to: to.id, type: text(edge.type) };

		kept.push(one);
		from.out.push(one);
		to.in.push(one);
	}
	return kept;
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

// Edges as they are laid, from left to right, those to themselves aside.
function laidEdges(graph) {
	const back = backEdges(graph);

	return graph.edges.filter(edge => edge.from !== edge.to).map(edge => {
		const turned = back.has(edge);

		return { edge, turned, from: turned ? edge.to : edge.from, to: turned ? edge.from : edge.to };
	});
}

// The longest way to each node.
function layersOf(graph, laid) {
	const out = new Map(), waits = new Map(), layer = new Map();

	for (const id of graph.nodes.keys()) {
		out.set(id, []);
		waits.set(id, 0);
		layer.set(id, 0);
	}
	for (const one of laid) {
		out.get(one.from).push(one.to);
		waits.set(one.to, waits.get(one.to) + 1);
	}
	const ready = [...waits.keys()].filter(id => waits.get(id) === 0);

	for (let i = 0; i < ready.length; i++)
		for (const to of out.get(ready[i])) {
			layer.set(to, Math.max(layer.get(to), layer.get(ready[i]) + 1));
			waits.set(to, waits.get(to) - 1);
			if (waits.get(to) === 0)
				ready.push(to);
		}
	return layer;
}

// Columns of cells {id, height, near}; folded where a layer is too tall.
function columnsOf(graph, layer) {
	const layers = [];

	for (const id of graph.nodes.keys())
		(layers[layer.get(id)] ??= []).push({ id, height: NODE.height, near: [] });
	return Array.from(layers, column => column ?? []).flatMap(column => {
		const n = Math.max(1, Math.ceil(column.length / COLUMN_MAX)), size = Math.ceil(column.length / n);

		return Array.from({ length: n }, (_, i) => column.slice(i * size, (i + 1) * size));
	});
}

// Cells for edges to pass through; each edge knows the cells on its way.
function addLanes(columns, laid) {
	const at = new Map(columns.flatMap((column, i) => column.map(cell => [cell.id, { cell, i }])));
	let lanes = 0;

	for (const one of laid) {
		const from = at.get(one.from), to = at.get(one.to), step = Math.sign(to.i - from.i);

		one.cells = [from.cell];
		for (let i = from.i + step; step > 0 && i < to.i && lanes < LANES_MAX; i++, lanes++) {
			const lane = { height: LANE, near: [] };

			columns[i].push(lane);
			one.cells.push(lane);
		}
		one.cells.push(to.cell);
		for (let i = 1; i < one.cells.length; i++) {
			one.cells[i].near.push(one.cells[i - 1]);
			one.cells[i - 1].near.push(one.cells[i]);
		}
	}
}

const isTall = cell => cell.height === NODE.height;

// Tops of the cells of a column that is centred around zero.
function settle(column) {
	const gap = (a, b) => (isTall(a) || isTall(b) ? NODE.below : LANE);
	let y = 0;

	column.forEach((cell, i) => {
		y += i > 0 ? gap(column[i - 1], cell) : 0;
		cell.y = y;
		y += cell.height;
	});
	for (const cell of column)
		cell.y -= y / 2;
}

const middle = cell => cell.y + cell.height / 2;

// Each cell to the middle of its neighbours, forward and back in turns.
function untangle(columns) {
	columns.forEach(settle);
	for (let sweep = 0; sweep < SWEEPS; sweep++) {
		const order = sweep % 2 ? [...columns].reverse() : columns;

		for (const column of order) {
			const wanted = new Map(column.map(cell => [cell, cell.near.length
				? cell.near.reduce((sum, one) => sum + middle(one), 0) / cell.near.length : middle(cell)]));

			column.sort((a, b) => wanted.get(a) - wanted.get(b));
			settle(column);
		}
	}
}

// {places: Map id -> {x, y}, ways: [{edge, turned, points}], width, height}
export function layout(graph) {
	const laid = laidEdges(graph), columns = columnsOf(graph, layersOf(graph, laid));

	addLanes(columns, laid);
	untangle(columns);
	const cells = columns.flat(), top = Math.min(0, ...cells.map(cell => cell.y));

	columns.forEach((column, i) => column.forEach(cell => {
		cell.x = i * (NODE.width + NODE.right);
		cell.y -= top;
	}));
	return {
		places: new Map(cells.filter(cell => cell.id !== undefined).map(cell => [cell.id, cell])),
		ways: laid.map(({ edge, turned, cells: points }) => ({ edge, turned, points })),
		width: Math.max(1, columns.length) * (NODE.width + NODE.right) - NODE.right,
		height: Math.max(NODE.height, ...cells.map(cell => cell.y + cell.height)),
	};
}
