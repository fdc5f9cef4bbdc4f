// The rows of a table: what the filter finds, in which order, on which page.
// Made for 5,000 rows: the words to look through are made once, at the
// first keystroke.
import { format, isRight } from './format.js';
import { get, isNumber, isObject, objects, oneOf, text } from './values.js';

const FORMATS = ['text', 'id', 'number', 'money', 'level', 'percent', 'date', 'status', 'bool', 'hash', 'time'];

// Columns as the table draws them; without any, those of the first rows.
export function columnsOf(columns, rows) {
	const given = objects(columns).filter(column => typeof column.key === 'string');
	const keys = given.length ? given : keysOf(rows).map(key => ({ key }));

	return keys.map(column => {
		const as = oneOf(column.format, FORMATS, 'text');

		return {
			...column,
			format: as,
			label: text(column.label) || text(column.key),
			right: column.align ? column.align === 'right' : isRight(as),
		};
	});
}

function keysOf(rows) {
	const keys = new Set();

	for (const row of rows.slice(0, 20))
		for (const key of Object.keys(row))
			keys.add(key);
	return [...keys].slice(0, 64);
}

// What a cell says, for the eye.
export function words(column, row, currency) {
	const as = column.format === 'level' ? 'number' : column.format;

	return format(get(row, column.key), as, column.currency ?? currency);
}

// Each row's words in lower case, figures also without their grouping.
export function haystacks(rows, columns, currency) {
	return rows.map(row => {
		const parts = [];

		for (const column of columns) {
			const value = get(row, column.key);

			if (value === undefined || value === null)
				continue;
			parts.push(words(column, row, currency));
			if (isNumber(value))
				parts.push(String(value));
		}
		return parts.join('\u0001').toLowerCase();
	});
}

export function matching(rows, { query, hay, facet, chosen }) {
	const needle = query.trim().toLowerCase();

	if (!needle && chosen === undefined)
		return rows;
	return rows.filter((row, i) =>
		(chosen === undefined || facetWord(get(row, facet)) === chosen) && (!needle || hay[i].includes(needle)));
}

const rank = value => (value === undefined || value === null || value === '' ? 1 : 0);

// Nothing sorts last, whichever way; equal rows stay as they came.
export function sorted(rows, sort, collator) {
	if (!sort)
		return rows;
	const way = sort.dir === 'desc' ? -1 : 1;
	const keyed = rows.map(row => get(row, sort.key));
	const order = rows.map((_, i) => i);

	function compare(i, j) {
		const a = keyed[i], b = keyed[j], missing = rank(a) - rank(b);

		if (missing || rank(a))
			return missing;
		if (isNumber(a) && isNumber(b))
			return (a - b) * way;
		return collator.compare(format(a), format(b)) * way;
	}
	return order.sort((i, j) => compare(i, j) || i - j).map(i => rows[i]);
}

export const nextSort = (sort, key) =>
	!sort || sort.key !== key ? { key, dir: 'asc' } : sort.dir === 'asc' ? { key, dir: 'desc' } : null;

const FACETS_MAX = 7;
const FACET_ROWS = 9; // a table that is longer than a look gets facets of itself

const facetWord = value => format(value, 'text');

// The column to show facets of: the one asked for, or that of states.
export function facetOf(asked, columns, rows) {
	if (typeof asked === 'string')
		return columns.find(column => column.key === asked);
	return rows.length >= FACET_ROWS ? columns.find(column => column.format === 'status') : undefined;
}

// [word, how many], the most frequent first; none when they say nothing.
export function facetCounts(rows, column) {
	const counts = new Map();

	if (!column)
		return [];
	for (const row of rows) {
		const word = facetWord(get(row, column.key));

		counts.set(word, (counts.get(word) ?? 0) + 1);
	}
	if (counts.size < 2 || counts.size > Math.max(20, rows.length / 2))
		return [];
	return [...counts].sort((a, b) => b[1] - a[1]).slice(0, FACETS_MAX);
}

// On a phone a row is a card: its name and its figure on one line, the
// rest below.
export function cardRoles(columns) {
	const lead = Math.max(0, columns.findIndex(column => column.format === 'text'));
	let figure = -1;

	for (const as of ['money', 'level', 'number', 'percent'])
		if (figure < 0)
			figure = columns.findIndex((column, i) => i !== lead && column.format === as);
	return columns.map((_, i) => (i === lead ? 'lead' : i === figure ? 'figure' : 'rest'));
}

// Parameters of a row's action: "$column" stands for the row's value.
export function rowParams(params, row) {
	const out = {};

	for (const [name, value] of Object.entries(isObject(params) ? params : {})) {
		const from = typeof value === 'string' && value[0] === '$' ? get(row, value.slice(1)) : value;

		if (from !== undefined && from !== null && name !== '__proto__')
			out[name] = from;
	}
	return out;
}
