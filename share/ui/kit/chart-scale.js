// From the properties of a chart to what is drawn: series, a scale with
// round steps that always has zero in it, labels that fit.
import { format, formatTick, isDate } from './format.js';
import { get, isNumber, num, objects, text } from './values.js';

const TICKS = 4;
const COLOURS = 6;
const STEPS = [1, 2, 2.5, 5, 10];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const SIGNS = { USD: '$', EUR: '\u20ac', GBP: '\u00a3', JPY: '\u00a5' };

export const CHAR = 6.6; // a character of an axis, in pixels, near enough

export const DRAWN_MAX = 1000; // marks along the axis

function tickStep(range) {
	const raw = range / TICKS, unit = 10 ** Math.floor(Math.log10(raw));

	return (STEPS.find(step => raw <= step * unit * 1.000001) ?? 10) * unit;
}

// {low, high, ticks} around all values and zero.
export function scaleOf(values) {
	let low = Math.min(0, ...values), high = Math.max(0, ...values);

	if (!(high > low) || !Number.isFinite(high - low))
		[low, high] = [0, 1];
	const step = tickStep(high - low);

	low = Math.floor(low / step + 1e-9) * step;
	high = Math.ceil(high / step - 1e-9) * step;
	const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);

	return { low, high, ticks: ticks.map(tick => (Math.abs(tick) < step / 1e6 ? 0 : tick)) };
}

function colourOf(wanted, i) {
	if (Number.isInteger(wanted) && wanted >= 1 && wanted <= COLOURS)
		return 'k' + wanted;
	return 'k' + (i % COLOURS + 1);
}

function seriesOf(series, rows, x) {
	const given = objects(series).filter(one => typeof one.key === 'string');
	const keys = given.length || !rows.length ? given
		: Object.keys(rows[0]).filter(key => key !== x && isNumber(rows[0][key])).map(key => ({ key }));

	return keys.map((one, i) => ({
		key: one.key, label: text(one.label) || text(one.key), colour: colourOf(one.color, i),
	}));
}

const valueOf = (row, key) => (isNumber(get(row, key)) ? get(row, key) : null);

// Where each series begins and ends over each row; stacked ones on top of
// each other, what is negative downwards.
function spans(rows, series, stacked) {
	return rows.map(row => {
		let up = 0, down = 0;

		return series.map(({ key }) => {
			const value = valueOf(row, key);

			if (!stacked || value === null)
				return { value, from: 0, to: value ?? 0 };
			const from = value < 0 ? down : up;

			if (value < 0)
				down += value;
			else
				up += value;
			return { value, from, to: from + value };
		});
	});
}

// Thins out what would not be seen apart.
function thin(rows) {
	const every = Math.ceil(rows.length / DRAWN_MAX);

	return every > 1 ? rows.filter((_, i) => i % every === 0) : rows;
}

const isReference = reference => isNumber(get(reference, 'value'));

function extremes(cells, stacked, reference, max) {
	const values = [num(max)];

	for (const row of cells)
		for (const { value, to } of row)
			if (value !== null)
				values.push(stacked ? to : value);
	if (isReference(reference))
		values.push(reference.value);
	return [Math.min(...values), Math.max(...values)];
}

export function modelOf(props) {
	const all = objects(props.rows), rows = thin(all);
	const x = typeof props.x === 'string' ? props.x : Object.keys(all[0] ?? {})[0];
	const series = seriesOf(props.series, all, x);
	const stacked = props.stacked === true && series.length > 1;
	const cells = spans(rows, series, stacked);
	const prefix = text(props.prefix);
	const names = rows.map(row => prefix + format(get(row, x), typeof get(row, x) === 'string' ? 'date' : 'id'));

	return {
		rows, all, series, stacked, cells, names, short: shortNames(rows, x, names),
		dates: rows.length > 0 && rows.every(row => isDate(get(row, x))),
		...scaleOf(extremes(cells, stacked, props.reference, props.max)),
		max: num(props.max),
		reference: isReference(props.reference)
			? { label: text(props.reference.label), value: props.reference.value } : null,
		say: value => (value === null ? '\u2014' : format(value, props.format, props.currency)),
		tick: value => tickWords(value, props.format, props.currency),
	};
}

function tickWords(value, as, currency) {
	const sign = as === 'money' && Object.prototype.hasOwnProperty.call(SIGNS, currency) ? SIGNS[currency] : '';

	return formatTick(value, as).replace(/^(\u2212?)/, `$1${sign}`);
}

// 24 Nov, or 09:02, when all dates have the rest in common.
function shortNames(rows, x, names) {
	const dates = rows.map(row => get(row, x));

	if (!dates.every(isDate) || dates.length < 2)
		return names;
	if (dates.every(date => date.slice(0, 10) === dates[0].slice(0, 10)))
		return dates.map(date => date.slice(11, 16) || date);
	if (dates.every(date => date.slice(0, 4) === dates[0].slice(0, 4)))
		return dates.map(date => `${Number(date.slice(8, 10))} ${MONTHS[date.slice(5, 7) - 1] ?? date.slice(5, 7)}`);
	return dates.map(date => date.slice(0, 10));
}

export const longest = words => words.reduce((most, word) => Math.max(most, word.length), 0);

// Characters of word that fit into width pixels, each taking char of them.
export function fitting(word, width, char = CHAR) {
	const room = Math.max(1, Math.floor(width / char));

	return word.length <= room ? word : word.slice(0, Math.max(1, room - 1)).trimEnd() + '\u2026';
}

// What a person who reads along hears about row i.
export function sentence(model, i) {
	const values = model.series.map((one, j) => `${one.label} ${model.say(model.cells[i][j].value)}`);

	return `${model.names[i]}: ${values.join(', ')}`;
}
