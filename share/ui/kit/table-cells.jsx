// The cells of a table: figures to the right, states as badges, stocks as
// levels against their reorder point, what was looked for marked.
import { Status } from './figures.jsx';
import { format } from './format.js';
import { words } from './table-rows.js';
import { cx, get, isNumber, num, percent, share } from './values.js';

const LONG = 60; // characters from which a cell wraps

function Marked({ words: all, needle }) {
	const at = needle ? all.toLowerCase().indexOf(needle) : -1;

	if (at < 0)
		return all;
	const end = at + needle.length;

	return <>{all.slice(0, at)}<mark>{all.slice(at, end)}</mark>{all.slice(end)}</>;
}

function levelTone(now, point) {
	if (now <= 0 || now < point / 2)
		return 'bad';
	return now <= point ? 'warn' : '';
}

function Level({ column, row, value }) {
	const point = column.target === undefined ? -1 : num(get(row, column.target), -1);
	const max = num(column.max) || Math.max(value, point * 2, 1);

	return (
		<span className={cx('og-lvl', 'bar', levelTone(value, point))}>
			<i aria-hidden="true">
				<b style={{ width: percent(share(value, max)) }} />
				{point > 0 && point <= max && <u style={{ left: percent(share(point, max)) }} />}
			</i>
			<span>{format(value, 'number')}</span>
			{point > 0 && value <= point && <span className="vh">, at or below {format(point, 'number')}</span>}
		</span>
	);
}

function content({ column, row, needle, currency }) {
	const value = get(row, column.key);

	if (column.format === 'level' && isNumber(value))
		return <Level column={column} row={row} value={value} />;
	if (column.format === 'status' && typeof value === 'string')
		return <Status value={value} tones={column.tones} />;
	return <Marked words={words(column, row, currency)} needle={needle} />;
}

const wraps = (column, value) =>
	column.wrap === true || (column.wrap !== false && typeof value === 'string' && value.length > LONG);

function cellClass(column, value) {
	return cx(
		column.right && 'r',
		column.format === 'date' && 'dim',
		(column.format === 'hash' || column.format === 'id') && 'mono',
		column.strong === true && 'strong',
		wraps(column, value) && 'wrap',
	);
}

export function Cell(props) {
	const { column, row, role } = props;
	const value = get(row, column.key);

	return (
		<td
			className={cx(cellClass(column, value), 'c-' + role)} data-label={column.label}
			title={column.format === 'hash' && typeof value === 'string' ? value : undefined}
		>
			{content(props)}
		</td>
	);
}
