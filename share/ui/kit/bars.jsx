// Bars that lie: a table of names, bars and figures. It needs no keys to be
// read, and names of any length have room.
import { cx, percent, share } from './values.js';

// One bar from zero, red where it passes the reference.
function Bar({ model, value }) {
	const at = number => share(number / 2 - model.low / 2, model.high / 2 - model.low / 2);
	const from = Math.min(at(0), at(value)), reference = model.reference?.value;
	const over = reference !== undefined && value > reference;

	return (
		<svg className={cx('bar', over && 'over')} width="100%" height="14" aria-hidden="true">
			<rect className="t" y="2" width="100%" height="10" rx="3" />
			<rect
				className="f" x={percent(from)} y="2" height="10" rx="3"
				width={percent(Math.abs(at(value) - at(0)))}
			/>
			{model.low < 0 && <line className="zl" x1={percent(at(0))} x2={percent(at(0))} y1="0" y2="14" />}
			{reference !== undefined && (
				<line className="ref" x1={percent(at(reference))} x2={percent(at(reference))} y1="0" y2="14" />
			)}
		</svg>
	);
}

function ReferenceLine({ model }) {
	return (
		<p className="og-ref">
			<svg width="18" height="8" aria-hidden="true"><line className="ref" x1="0" x2="18" y1="4" y2="4" /></svg>
			{model.reference.label} {model.say(model.reference.value)}
		</p>
	);
}

// The scale ends where the values end: no axis has to come out round.
function tight(model) {
	const values = model.cells.map(cells => cells[0].to);
	const high = Math.max(0, model.reference?.value ?? 0, model.max ?? 0, ...values);
	const low = Math.min(0, model.reference?.value ?? 0, ...values);

	return high > low ? { ...model, low, high } : model;
}

export function Bars({ model, label }) {
	const shown = tight(model);

	return (
		<>
			<table className={cx('og-bars', model.series[0].colour)}>
				<caption className="vh">{label}</caption>
				<tbody>
					{model.rows.map((_, i) => (
						<tr key={i}>
							<th scope="row" title={model.names[i]}>{model.names[i]}</th>
							<td className="plot"><Bar model={shown} value={model.cells[i][0].to} /></td>
							<td className="r">{model.say(model.cells[i][0].value)}</td>
						</tr>
					))}
				</tbody>
			</table>
			{model.reference && <ReferenceLine model={model} />}
		</>
	);
}
