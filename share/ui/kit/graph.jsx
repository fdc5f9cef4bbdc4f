// A graph: a picture in layers, and beside it the same as a list that can
// be walked with the keyboard from node to node.
import { useId, useMemo, useState } from 'react';
import { fitting } from './chart-scale.js';
import { Badge } from './figures.jsx';
import { NODE, layout, readGraph } from './graph-layout.js';
import { useWidth } from './measure.js';
import { cx, plural, text } from './values.js';

const EDGE = 10; // pixels kept free around the picture
const FIT_MIN = 0.45; // smaller than that nobody can read

function curve(from, to) {
	const forward = to.x > from.x;
	const x1 = from.x + NODE.width, y1 = from.y + NODE.height / 2, x2 = to.x - 6, y2 = to.y + NODE.height / 2;

	if (forward) {
		const bend = Math.max(24, (x2 - x1) / 2);

		return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
	}
	const below = Math.max(from.y, to.y) + NODE.height + NODE.below / 2;

	return `M${x1} ${y1}C${x1 + 40} ${y1} ${x1 + 40} ${below} ${x1 - 20} ${below}L${to.x + 20} ${below}` +
		`C${x2 - 40} ${below} ${x2 - 40} ${y2} ${x2} ${y2}`;
}

const touches = (edge, id) => edge.from === id || edge.to === id;

function Edges({ graph, places, chosen, arrow }) {
	const shown = chosen ? [...graph.edges].sort((a, b) => touches(a, chosen) - touches(b, chosen)) : graph.edges;

	return shown.map((edge, i) => (
		<path
			key={i} className={cx('edge', chosen && (touches(edge, chosen) ? 'on' : 'off'))}
			d={curve(places.get(edge.from), places.get(edge.to))}
			markerEnd={`url(#${arrow}${chosen && touches(edge, chosen) ? 'on' : ''})`}
		/>
	));
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
			<text className="name" x="14" y={two ? 19 : 27}>{fitting(node.label, NODE.width - 26)}</text>
			{two && <text className="kind" x="14" y="35">{fitting(node.kind, NODE.width - 26)}</text>}
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
	<marker id={id} viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">
		<path className={cx('arrow', on && 'on')} d="M0 0.5L7 4L0 7.5z" />
	</marker>
);

function Picture({ graph, plan, chosen, onChoose, scale }) {
	const arrow = useId().replace(/[^\w-]/g, '') + 'a';
	const lit = chosen ? near(graph, chosen) : null;
	const width = plan.width + 2 * EDGE, height = plan.height + 2 * EDGE + NODE.below;

	return (
		<svg
			aria-hidden="true" width={Math.round(width * scale)} height={Math.round(height * scale)}
			viewBox={`${-EDGE} ${-EDGE} ${width} ${height}`}
		>
			<defs><Arrow id={arrow} /><Arrow id={arrow + 'on'} on /></defs>
			<Edges graph={graph} places={plan.places} chosen={chosen} arrow={arrow} />
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
				{fit < 1 && <Zoom whole={whole} onWhole={setWhole} />}
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
