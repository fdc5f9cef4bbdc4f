// How a whole is spread: one bar, and each part in words.
import { format } from './format.js';
import { cx, num, objects, share, text } from './values.js';

const COLOURS = 6;

const partsOf = items => objects(items).map(item => ({
	label: text(item.label), value: item.value, size: Math.max(0, num(item.value)),
}));

export function ShareBar({ by, items, format: as, currency }) {
	const parts = partsOf(items);
	const sum = parts.reduce((total, part) => total + part.size, 0);
	const of = size => share(size, sum) * 100;
	let at = 0;

	return (
		<>
			<svg className="og-share" width="100%" height="14" aria-hidden="true">
				{parts.map((part, i) => {
					const x = at;

					at += of(part.size);
					return (
						<rect
							key={i} className={'c' + (i % COLOURS + 1)} height="14" x={`${x.toFixed(2)}%`}
							width={`${of(part.size).toFixed(2)}%`}
						/>
					);
				})}
			</svg>
			<table className="og-shares">
				<caption className="vh">Shares by {text(by)}</caption>
				<tbody>
					{parts.map((part, i) => (
						<tr key={i}>
							<th scope="row">
								<svg width="9" height="9" aria-hidden="true">
									<rect className={cx('c' + (i % COLOURS + 1))} width="9" height="9" rx="2.5" />
								</svg>
								{part.label}
							</th>
							<td className="r dim">{of(part.size).toFixed(1)} %</td>
							<td className="r">{format(part.value, as, currency)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</>
	);
}
