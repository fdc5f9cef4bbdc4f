// What all charts have around them: legend, tip, the same data as a table.
import { cx } from './values.js';
import { sentence } from './chart-scale.js';

export function Legend({ series, kind }) {
	if (series.length < 2)
		return null;
	return (
		<div className="og-legend" aria-hidden="true">
			{series.map(one => (
				<span key={one.key} className={one.colour}>
					<i className={kind === 'line' ? 'ln' : undefined} />
					{one.label}
				</span>
			))}
		</div>
	);
}

export function Tip({ model, at, left, top }) {
	return (
		<div className="og-tip" style={{ left, top }} aria-hidden="true">
			<h4>{model.names[at]}</h4>
			{model.series.map((one, j) => (
				<div key={one.key} className={one.colour}>
					<i />{one.label}<b>{model.say(model.cells[at][j].value)}</b>
				</div>
			))}
		</div>
	);
}

const HIDDEN_ROWS = 200;

// For those who cannot see the picture: the figures themselves.
export function DataTable({ model, label }) {
	const rows = model.rows.slice(0, HIDDEN_ROWS);
	const cut = model.all.length > rows.length ? `, the first ${rows.length} of ${model.all.length}` : '';

	return (
		<div className="vh">
			<table>
				<caption>{label + cut}</caption>
				<thead>
					<tr>
						<td />
						{model.series.map(one => <th key={one.key} scope="col">{one.label}</th>)}
					</tr>
				</thead>
				<tbody>
					{rows.map((_, i) => (
						<tr key={i}>
							<th scope="row">{model.names[i]}</th>
							{model.series.map((one, j) => <td key={one.key}>{model.say(model.cells[i][j].value)}</td>)}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export const Spoken = ({ model, at }) => (
	<div className="vh" aria-live="polite">{at >= 0 && model.rows[at] ? sentence(model, at) : ''}</div>
);

export function Grid({ model, frame }) {
	return model.ticks.map(tick => {
		const y = Math.round(frame.y(tick)) + 0.5;

		return (
			<g key={tick}>
				<line className={cx(tick === 0 ? 'zl' : 'gl')} x1={frame.left} x2={frame.right} y1={y} y2={y} />
				<text x={frame.left - 8} y={y + 4} textAnchor="end">{model.tick(tick)}</text>
			</g>
		);
	});
}

export function Reference({ model, frame }) {
	if (!model.reference)
		return null;
	const y = frame.y(model.reference.value), above = y >= frame.top + 14;
	const words = `${model.reference.label} ${model.say(model.reference.value)}`.trim();

	return (
		<g>
			<line className="ref" x1={frame.left} x2={frame.right} y1={y} y2={y} />
			<text className="reft" x={frame.right} y={above ? y - 6 : y + 14} textAnchor="end">{words}</text>
		</g>
	);
}
