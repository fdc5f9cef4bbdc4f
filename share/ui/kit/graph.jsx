// A graph: a picture in layers, and beside it the same as a list that can
// be walked with the keyboard from node to node.
import { useId, useMemo, useState } from 'react';
import { fitting } from './chart-scale.js';
import { Badge } from './figures.jsx';
import { NODE, layout, readGraph } from './graph-layout.js';
import { useWidth } from './measure.js';
import { cx, plural, text } from './values.js';

const EDGE = 16; // pixels kept free around the picture
const FIT_MIN = 0.45; // smaller than that nobody can read

const middle = cell => cell.y + cell.height / 2;

// Through each cell on the way; within a layer (a folded column) in a bow.
function curve(points, turned) {
	const [first, ...rest] = points, last = points[points.length - 1];
	let x = first.x + NODE.width + (turned ? 7 : 0), y = middle(first), path = `M${x} ${y}`;

	for (const cell of rest) {
		const end = cell.x - (cell === last && !turned ? 7 : 0), to = middle(cell);
		const bend = Math.max(26, (end - x) / 2);

		path += `C${x + bend} ${y} ${end - bend} ${to} ${end} ${to}`;
		x = cell.x + NODE.width;
		y = to;
		if (cell !== last)
			path += `H${x}`;
	}
	return path;
}

// An edge from a node to itself, a small loop at its corner.
const loop = ({ x, y }) =>
	`M${x + NODE.width} ${y + 14}c22 -4 22 -26 -6 -26c-10 0 -16 4 -18 10`;

const touches = (edge, id) => edge.from === id || edge.to === id;

function Edge({ edge, path, turned, chosen, arrow }) {
	const on = chosen && touches(edge, chosen), end = `url(#${arrow}${on ? 'on' : ''})`;

	return (
		<path
			className={cx('edge', chosen && (on ? 'on' : 'off'))} d={path}
			markerStart={turned ? end : undefined} markerEnd={turned ? undefined : end}
		/>
	);
}

function Edges({ graph, plan, chosen, arrow }) {
	const loops = graph.edges.filter(edge => edge.from === edge.to)
		.map(edge => ({ edge, path: loop(plan.places.get(edge.from)) }));
	const all = [...plan.ways.map(way => ({ ...way, path: curve(way.points, way.turned) })), ...loops];

	if (chosen)
		all.sort((a, b) => touches(a.edge, chosen) - touches(b.edge, chosen));
	return all.map((one, i) => <Edge key={i} {...one} chosen={chosen} arrow={arrow} />);
}

function Node({ node, place, state, onChoose }) {
	const two = Boolean(node.kind);

	return (
		<g
			className={cx('gnode', node.tone, state)} transform={`translate(${place.x} ${place.y})`}
			onClick={onChoose}
		>
			<title>{node.label}</title>
			<rect width={NODE.width} height={NODE.height} rx="8" />
			<text className="name" x="14" y={two ? 19 : 27}>{fitting(node.label, NODE.width - 26, 7.7)}</text>
			{two && <text className="kind" x="14" y="35">{fitting(node.kind, NODE.width - 26, 6.4)}</text>}
		</g>
	);
}

function near(graph, chosen) {
	const ids = new Set([chosen]);

	for (const edge of graph.edges)
		if (touches(edge, chosen))
			ids.add(edge.from).add(edge.to);
	return ids;
}

const Arrow = ({ id, on }) => (
	<marker
		id={id} viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7"
		orient="auto-start-reverse"
	>
		<path className={cx('arrow', on && 'on')} d="M0 0.5L7 4L0 7.5z" />
	</marker>
);

function Picture({ graph, plan, chosen, onChoose, scale }) {
	const arrow = useId().replace(/[^\w-]/g, '') + 'a';
	const lit = chosen ? near(graph, chosen) : null;
	const width = plan.width + 2 * EDGE, height = plan.height + 2 * EDGE;

	return (
		<svg
			aria-hidden="true" width={Math.round(width * scale)} height={Math.round(height * scale)}
			viewBox={`${-EDGE} ${-EDGE} ${width} ${height}`}
		>
			<defs><Arrow id={arrow} /><Arrow id={arrow + 'on'} on /></defs>
			<Edges graph={graph} plan={plan} chosen={chosen} arrow={arrow} />
			{[...graph.nodes.values()].map(node => (
				<Node
					key={node.id} node={node} place={plan.places.get(node.id)}
					state={lit && (node.id === chosen ? 'on' : !lit.has(node.id) && 'off')}
					onChoose={() => onChoose(node.id === chosen ? '' : node.id)}
				/>
			))}
		</svg>
	);
}

function Ways({ title, edges, end, graph, onChoose }) {
	if (edges.length === 0)
		return null;
	return (
		<div className="ways">
			<h4>{title}</h4>
			<ul>
				{edges.map((edge, i) => (
					<li key={i}>
						<button type="button" onClick={() => onChoose(edge[end])}>{graph.nodes.get(edge[end]).label}</button>
						{edge.type && <span>{edge.type}</span>}
					</li>
				))}
			</ul>
		</div>
	);
}

// Choose a node, read where it leads, go there.
function Walk({ graph, chosen, onChoose }) {
	const node = graph.nodes.get(chosen);
	const id = useId();

	return (
		<div className="og-walk">
			<label htmlFor={id}>Node</label>
			<select id={id} className="og-in" value={chosen} onChange={event => onChoose(event.target.value)}>
				<option value="">All {graph.nodes.size}</option>
				{[...graph.nodes.values()].map(one => <option key={one.id} value={one.id}>{one.label}</option>)}
			</select>
			<div aria-live="polite">
				{node && (
					<p className="here">
						<b>{node.label}</b>{node.kind && <Badge text={node.kind} tone={node.tone} />}
					</p>
				)}
				{node && node.out.length + node.in.length === 0 && <p className="og-help">It stands alone.</p>}
				{!node && (
					<p className="og-help">
						{plural(graph.nodes.size, 'node')}, {plural(graph.edges.length, 'edge')}.
						Choose one to see where it leads.
					</p>
				)}
			</div>
			{node && <Ways title="Leads to" edges={node.out} end="to" graph={graph} onChoose={onChoose} />}
			{node && <Ways title="Comes from" edges={node.in} end="from" graph={graph} onChoose={onChoose} />}
		</div>
	);
}

function Zoom({ whole, onWhole }) {
	return (
		<div className="og-seg" role="group" aria-label="Size of the picture">
			<button type="button" aria-pressed={whole} onClick={() => onWhole(true)}>Fit</button>
			<button type="button" aria-pressed={!whole} onClick={() => onWhole(false)}>Full size</button>
		</div>
	);
}

export function Graph({ nodes, edges, title }) {
	const graph = useMemo(() => readGraph(nodes, edges), [nodes, edges]);
	const plan = useMemo(() => layout(graph), [graph]);
	const [chosen, choose] = useState('');
	const [whole, setWhole] = useState(true);
	const [ref, width] = useWidth();
	const fit = width > 0 ? Math.min(1, Math.max(FIT_MIN, width / (plan.width + 2 * EDGE))) : 0;
	const here = graph.nodes.has(chosen) ? chosen : '';

	if (graph.nodes.size === 0)
		return <p className="og-help">There are no nodes.</p>;
	return (
		<div className="og-graph">
			<div className="pic">
				{fit < 0.95 && <Zoom whole={whole} onWhole={setWhole} />}
				<div
					className="og-scroll" ref={ref} tabIndex={0} role="region"
					aria-label={`${text(title) || 'Graph'}, picture`}
				>
					{fit > 0 && (
						<Picture graph={graph} plan={plan} chosen={here} onChoose={choose} scale={whole ? fit : 1} />
					)}
				</div>
				{graph.cut && <p className="og-help">Only the first {graph.nodes.size} nodes are shown.</p>}
			</div>
			<Walk graph={graph} chosen={here} onChoose={choose} />
		</div>
	);
}
