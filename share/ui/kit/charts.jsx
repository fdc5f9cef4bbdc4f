// Charts of our own in SVG: bars, lines, areas. Horizontal gridlines only,
// no frame; arrow keys read the values aloud, a table holds them all.
import { useState } from 'react';
import { Bars } from './bars.jsx';
import { DataTable, Grid, Legend, Reference, Spoken, Tip } from './chart-parts.jsx';
import { CHAR, fitting, longest, modelOf } from './chart-scale.js';
import { Empty } from './layout.jsx';
import { useWidth } from './measure.js';
import { clamp, cx, num, share, text } from './values.js';

const TOP = 10, BELOW = 26, RIGHT = 8;
const BAR_MAX = 26, GAP = 2, CAP = 3;
const LABEL_MIN = 34; // a label narrower than this is left out instead of cut

// Where things are, in pixels.
function frameOf(model, kind, width, height) {
	const left = 10 + longest(model.ticks.map(model.tick)) * CHAR, right = width - RIGHT;
	const n = Math.max(1, model.rows.length), plot = Math.max(10, right - left), bottom = height - BELOW;
	const slot = kind === 'bar' ? plot / n : plot / Math.max(1, n - 1);
	const x = i => (kind === 'bar' ? left + slot * (i + 0.5) : n === 1 ? left + plot / 2 : left + slot * i);
	const y = value => TOP + share(model.high - value, model.high - model.low) * (bottom - TOP);
	const under = kind === 'bar' ? Math.floor : Math.round;
	const nearest = at => clamp(under((at - left) / slot), 0, n - 1);

	return { left, right, top: TOP, bottom, slot, x, y, nearest, width, height, n };
}

// Labels below: as many as fit side by side, cut when that leaves enough.
function Names({ model, frame }) {
	const wide = longest(model.short) * CHAR + 12;
	const room = frame.slot >= LABEL_MIN && frame.slot < wide && !model.dates ? frame.slot : wide;
	const every = Math.max(1, Math.ceil(room / frame.slot - 0.001));

	return model.short.map((name, i) => {
		if (i % every !== 0)
			return null;
		const x = frame.x(i), shown = fitting(name, Math.max(room, frame.slot * every) - 8);
		const half = shown.length * CHAR / 2;
		const anchor = x + half > frame.width ? 'end' : x - half < 0 ? 'start' : 'middle';

		return (
			<text key={i} x={anchor === 'end' ? frame.width : x} y={frame.height - 7} textAnchor={anchor}>
				{shown}
			</text>
		);
	});
}

// A bar with rounded corners at its far end; from and to are pixels.
function barPath(x, width, from, to, round) {
	const r = round ? Math.min(CAP, width / 2, Math.abs(to - from)) : 0, way = to < from ? 1 : -1;

	return `M${x} ${from}V${to + way * r}Q${x} ${to} ${x + r} ${to}H${x + width - r}` +
		`Q${x + width} ${to} ${x + width} ${to + way * r}V${from}Z`;
}

// The last piece of a stack in each direction has the round end.
function isOutermost(cells, j) {
	const down = cells[j].to < cells[j].from;

	return !cells.slice(j + 1).some(cell => cell.value && (cell.to < cell.from) === down);
}

// One series held against a line: what is above it is red.
const isOver = (model, value) => model.series.length === 1 && model.reference && value > model.reference.value;

function Columns({ model, frame, at }) {
	const n = model.stacked ? 1 : Math.max(1, model.series.length);
	const group = Math.min(BAR_MAX * n, frame.slot * 0.62), each = group / n, gap = each > 3 * GAP ? GAP : 0;

	return model.cells.map((cells, i) => (
		<g key={i}>
			{i === at && (
				<rect
					className="band" x={frame.x(i) - frame.slot / 2} y={TOP} width={frame.slot}
					height={frame.bottom - TOP}
				/>
			)}
			{cells.map(({ value, from, to }, j) => {
				const size = Math.abs(frame.y(to) - frame.y(from));

				if (!value || size < 0.1)
					return null;
				const lift = model.stacked && from !== 0 ? (to > from ? -1 : 1) : 0;
				const left = frame.x(i) - group / 2 + (model.stacked ? 0 : each * j + gap / 2);
				const width = Math.max(1, each - (model.stacked ? 0 : gap));
				const path = barPath(left, width, frame.y(from) + (size > 2 ? lift : 0), frame.y(to),
					!model.stacked || isOutermost(cells, j));

				const look = isOver(model, value) ? 'over' : model.series[j].colour;

				return <path key={j} className={cx('fill', look)} d={path} />;
			})}
		</g>
	));
}

// Pieces of a line between the values that are missing.
function runs(model, j) {
	const out = [];
	let run = null;

	model.cells.forEach((cells, i) => {
		if (cells[j].value === null) {
			run = null;
			return;
		}
		if (!run)
			out.push(run = []);
		run.push(i);
	});
	return out;
}

const through = (points, frame, at) => points.map(i => `${frame.x(i).toFixed(1)} ${frame.y(at(i)).toFixed(1)}`);

function Line({ model, frame, j, tinted }) {
	const end = i => model.cells[i][j].to, start = i => model.cells[i][j].from;

	return runs(model, j).map((points, k) => {
		const top = through(points, frame, end), back = through([...points].reverse(), frame, start);

		return (
			<g key={k}>
				{tinted && points.length > 1 && <path className="tint" d={`M${top.join('L')}L${back.join('L')}Z`} />}
				{points.length > 1
					? <path className="stroke" d={`M${top.join('L')}`} />
					: <circle cx={frame.x(points[0])} cy={frame.y(end(points[0]))} r="3.5" />}
			</g>
		);
	});
}

function Lines({ model, frame, kind }) {
	const alone = model.series.length === 1;

	return model.series.map((one, j) => (
		<g key={one.key} className={cx('trace', one.colour, kind === 'area' && 'filled')}>
			<Line model={model} frame={frame} j={j} tinted={kind === 'area' || alone} />
		</g>
	));
}

function Cross({ model, frame, at }) {
	return (
		<g>
			<line className="cross" x1={frame.x(at)} x2={frame.x(at)} y1={TOP} y2={frame.bottom} />
			{model.series.map((one, j) => model.cells[at][j].value !== null && (
				<circle
					key={one.key} className={cx('dot', one.colour)} cx={frame.x(at)}
					cy={frame.y(model.cells[at][j].to)} r="4"
				/>
			))}
		</g>
	);
}

const MOVES = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

function move(key, at, n) {
	if (key === 'Home' || key === 'End')
		return key === 'Home' ? 0 : n - 1;
	if (!(key in MOVES))
		return undefined;
	return at < 0 ? (MOVES[key] > 0 ? 0 : n - 1) : clamp(at + MOVES[key], 0, n - 1);
}

// Where the reader is: by pointer, or by arrow keys; -1 nowhere.
function useReading(n) {
	const [at, setAt] = useState(-1);

	function onKeyDown(event) {
		const next = event.key === 'Escape' ? -1 : move(event.key, at, n);

		if (next === undefined)
			return;
		event.preventDefault();
		setAt(next);
	}
	return [at < n ? at : -1, setAt, onKeyDown];
}

function Plot({ model, kind, width, height, label }) {
	const frame = frameOf(model, kind, width, height);
	const [at, setAt, onKeyDown] = useReading(model.rows.length);
	const highest = at < 0 ? 0 : Math.max(...model.cells[at].map(cell => Math.max(cell.to, cell.from)));

	function onPointerMove(event) {
		setAt(frame.nearest(event.clientX - event.currentTarget.getBoundingClientRect().left));
	}
	// In lower case: within an svg Preact takes the name as it stands.
	return (
		<div className="og-canvas">
			<svg
				width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" tabindex={0}
				aria-label={`${label}. Arrow keys read the values.`} onKeyDown={onKeyDown}
				onBlur={() => setAt(-1)} onPointerMove={onPointerMove} onPointerLeave={() => setAt(-1)}
			>
				<Grid model={model} frame={frame} />
				<Names model={model} frame={frame} />
				{kind === 'bar' && <Columns model={model} frame={frame} at={at} />}
				{kind !== 'bar' && <Lines model={model} frame={frame} kind={kind} />}
				<Reference model={model} frame={frame} />
				{kind !== 'bar' && at >= 0 && <Cross model={model} frame={frame} at={at} />}
			</svg>
			{at >= 0 && (
				<Tip
					model={model} at={at} left={clamp(frame.x(at), 84, Math.max(84, width - 84))}
					top={Math.max(46 + 20 * model.series.length, frame.y(highest))}
				/>
			)}
			<Spoken model={model} at={at} />
		</div>
	);
}

// Names that do not fit below columns have room beside bars.
function lies(model, width) {
	const room = (width - 60) / Math.max(1, model.rows.length);

	return model.series.length === 1 && !model.dates && model.rows.length <= 40 &&
		longest(model.short) * CHAR + 10 > room;
}

function Chart({ kind, props }) {
	const model = modelOf(props);
	const [ref, width] = useWidth();
	const label = text(props.label) || model.series.map(one => one.label).join(', ') || 'Chart';
	const height = clamp(Math.trunc(num(props.height, 220)), 120, 600);

	if (model.rows.length === 0 || model.series.length === 0)
		return <div className="og-chart" ref={ref}><Empty text="No values" /></div>;
	if (kind === 'bar' && width > 0 && lies(model, width))
		return <div className="og-chart" ref={ref}><Bars model={model} label={label} /></div>;
	return (
		<div className="og-chart" ref={ref}>
			<Legend series={model.series} kind={kind} />
			{width > 0 && <Plot model={model} kind={kind} width={width} height={height} label={label} />}
			<DataTable model={model} label={label} />
		</div>
	);
}

export const BarChart = props => <Chart kind="bar" props={props} />;
export const LineChart = props => <Chart kind="line" props={props} />;
export const AreaChart = props => <Chart kind="area" props={props} />;
