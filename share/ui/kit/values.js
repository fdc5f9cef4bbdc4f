// Values of a tree, which may hold anything: every component takes its
// properties through these, so that what is missing or of another kind is
// simply not drawn. Only own members count; a document cannot reach into
// prototypes.
import { safe } from './format.js';

export const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value);

export const list = value => (Array.isArray(value) ? value : []);

export const objects = value => list(value).filter(isObject);

export const isNumber = value => typeof value === 'number' && Number.isFinite(value);

export const num = (value, otherwise = 0) => (isNumber(value) ? value : otherwise);

export function get(object, key) {
	if (!isObject(object) || (typeof key !== 'string' && typeof key !== 'number'))
		return undefined;
	return Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
}

// What stands for a title, a label, a sentence: a string, or a number in
// digits; everything else is no text.
export function text(value) {
	if (typeof value === 'string')
		return safe(value);
	return isNumber(value) ? String(value) : '';
}

const TONES = ['ok', 'warn', 'bad', 'info'];

export const tone = value => (TONES.includes(value) ? value : '');

export const oneOf = (value, choices, otherwise) => (choices.includes(value) ? value : otherwise);

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// part of whole as what a bar shows: from 0 to 1, whatever was given.
export function share(part, whole) {
	const found = part / whole;

	return found > 0 ? Math.min(found, 1) : 0;
}

export const percent = found => `${(found * 100).toFixed(2)}%`;

// Class names, those that are there; undefined when none is.
export const cx = (...names) => names.filter(Boolean).join(' ') || undefined;

export const plural = (n, one, many = one + 's') => `${n.toLocaleString('en-GB')} ${n === 1 ? one : many}`;
