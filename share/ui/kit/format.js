// Values as people read them. The words are those of the drawers for
// terminals and for pages without script (lib/view/format.c), to the
// character: who compares a page with a terminal must find the same figures.
// Nothing is rounded away: a value with more decimals than its form has is
// shown in full.

const DASH = '\u2014';
const MINUS = '\u2212';
const SIGNS = { USD: '$', EUR: '\u20ac', GBP: '\u00a3', JPY: '\u00a5' };
const FIGURES_MAX = 1e15; // beyond it a double's digits are no longer ours to group

// What could hide itself or turn the reading direction, made visible.
const UNSEEN = new RegExp(
	'[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e' +
	'\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff\\u{e0000}-\\u{e007f}]', 'gu');

function visible(character) {
	const code = character.codePointAt(0);
	const digits = code.toString(16);

	return code < 0x80 ? '\\x' + digits.padStart(2, '0') : 'U+' + digits.toUpperCase().padStart(4, '0');
}

const PLAIN = /^[ -~]*$/;

export const safe = string => (PLAIN.test(string) ? string : string.replace(UNSEEN, visible));

const grouped = digits => digits.replace(/\B(?=(\d{3})+$)/g, ',');

// Two decimals where two are enough, else the shortest text that reads back.
function decimal(value) {
	const cents = Math.round(value * 100);

	if (value === 0 || (cents !== 0 && Math.abs(value * 100 - cents) < 1e-6))
		return (cents / 100).toFixed(2);
	return String(value);
}

export function formatNumber(value, decimals = 0) {
	if (!Number.isFinite(value))
		return DASH;
	if (Number.isSafeInteger(value) && !decimals)
		return (value < 0 ? MINUS : '') + grouped(String(Math.abs(value)));
	if (Math.abs(value) >= FIGURES_MAX)
		return String(value);
	const digits = decimal(Math.abs(value));
	if (digits.includes('e'))
		return (value < 0 ? '-' : '') + digits;
	const [whole, part] = digits.split('.');
	const shown = part !== undefined ? (decimals || part !== '00' ? '.' + part : '') : decimals ? '.00' : '';
	return (value < 0 ? MINUS : '') + grouped(whole) + shown;
}

function formatMoney(value, currency) {
	if (typeof currency !== 'string' || !currency)
		return formatNumber(value, 2);
	if (Object.prototype.hasOwnProperty.call(SIGNS, currency))
		return (value < 0 ? MINUS : '') + SIGNS[currency] + formatNumber(Math.abs(value), 2);
	return `${formatNumber(value, 2)} ${safe(currency)}`;
}

function formatPercent(value) {
	const percent = value * 100;
	const rounded = Math.round(percent);
	const even = Math.abs(percent % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;

	return `${even} %`;
}

// An instant of ISO 8601, by its shape.
export function isDate(string) {
	return typeof string === 'string' && string.length >= 10 && string.length <= 35 &&
		/^\d{4}-[01]\d-[0-3]\d($|[T ]\d\d:\d\d($|:\d\d))/.test(string);
}

// 2026-11-24 09:02, without seconds that are zero or decimals.
function formatDate(string) {
	if (string.length < 16)
		return string.slice(0, 10);
	const seconds = string.length >= 19 && string.slice(16, 19) !== ':00';

	return `${string.slice(0, 10)} ${string.slice(11, seconds ? 19 : 16)}`;
}

function formatString(string, format) {
	if (format === 'date' && isDate(string))
		return formatDate(string);
	if (format === 'time' && isDate(string) && string.length >= 19)
		return string.slice(11, 19);
	if (format === 'hash' && string.length > 20)
		return safe(`${string.slice(0, 8)}\u2026${string.slice(-4)}`);
	return safe(string);
}

// What JSON could not carry, as the reader of the database tagged it.
function tagged(value) {
	const keys = Object.keys(value);

	if (keys.length !== 1 || typeof value[keys[0]] !== 'string')
		return undefined;
	if (keys[0] === 'i' || keys[0] === 'r')
		return safe(value[keys[0]]);
	return keys[0] === 'b' || keys[0] === 't' ? safe('base64:' + value[keys[0]]) : undefined;
}

function formatObject(value) {
	try {
		return tagged(value) ?? safe(JSON.stringify(value) ?? DASH);
	} catch {
		return DASH;
	}
}

// One value in the words of its format; never throws.
export function format(value, as, currency) {
	switch (typeof value) {
	case 'string':
		return formatString(value, as);
	case 'boolean':
		return value ? 'yes' : 'no';
	case 'bigint':
		return formatBig(value, as);
	case 'object':
		return value === null ? DASH : formatObject(value);
	case 'number':
		break;
	default:
		return DASH;
	}
	if (as === 'bool' && Number.isInteger(value) && Math.abs(value) < 2 ** 63)
		return value ? 'yes' : 'no';
	if (as === 'money')
		return formatMoney(value, currency);
	if (as === 'id' && Number.isInteger(value))
		return String(value);
	if (as === 'percent' && Math.abs(value) < FIGURES_MAX)
		return formatPercent(value);
	return formatNumber(value);
}

function formatBig(value, as) {
	const digits = String(value < 0n ? -value : value);

	return (value < 0n ? (as === 'id' ? '-' : MINUS) : '') + (as === 'id' ? digits : grouped(digits));
}

// JSON text with whole numbers that a double cannot hold kept to the digit,
// where the browser lets a reader see them; else as JSON.parse has it.
export function readJson(source) {
	return JSON.parse(source, (key, value, context) => {
		if (typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? ''))
			return BigInt(context.source);
		return value;
	});
}

export const isRight = as => as === 'number' || as === 'money' || as === 'level' || as === 'percent';

// Short forms for the axis of a chart: 1,200 and 12K and 3.5M.
export function formatTick(value, as) {
	const size = Math.abs(value);

	if (as === 'percent')
		return formatPercent(value);
	if (size >= 1e15 || (size > 0 && size < 1e-4))
		return value.toExponential(0).replace('-', MINUS);
	for (const [unit, name] of [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e4, 'K']])
		if (size >= unit)
			return formatNumber(Number((value / (unit === 1e4 ? 1e3 : unit)).toPrecision(6))) + name;
	return formatNumber(Number(value.toPrecision(12)));
}

// Colour is spent on exceptions: what went as it should stays grey
// (lib/view/words.c).
const WORDS = {
	warn: 'pending held hold on_hold waiting low review undone compensated reorder',
	bad: 'unwaived anomalous anomaly failed denied refused overdue out violation blocked error interrupted ' +
		'in_doubt compensation_failed',
	info: 'processing picking open running queued new',
	ok: 'waived done approved',
};
const TONE_OF = new Map([['on hold', 'warn'], ['out of stock', 'bad']]);

for (const [tone, words] of Object.entries(WORDS))
	for (const word of words.split(' '))
		TONE_OF.set(word, tone);

export const wordTone = word => (typeof word === 'string' && TONE_OF.get(word.toLowerCase())) || '';
