// The fields of a form, from an action's schema (a flat object of strings,
// numbers and truth values), and what a person typed held against it. The
// host checks all of it again; this is for the person.
import { format } from './format.js';
import { get, isNumber, isObject, list, objects, text } from './values.js';

const NAME = /^[A-Za-z][\w.-]{0,63}$/;
const LONG = 200; // a text that may be longer gets more than a line

// order_id: Order ID
export function nameWords(name) {
	const words = name.split(/[_.\- ]+/).filter(Boolean).map(word => (/^id$/i.test(word) ? 'ID' : word));
	const all = words.join(' ');

	return all.charAt(0).toUpperCase() + all.slice(1);
}

function choicesOf(schema) {
	const names = get(schema, 'enum');

	if (!Array.isArray(names))
		return undefined;
	return names.filter(name => typeof name === 'string' || isNumber(name))
		.map(name => ({ value: String(name), label: text(name) }));
}

const MODES = { integer: 'numeric', number: 'decimal' };

function fieldOf(name, schema, hints, required) {
	const type = text(schema.type) || 'string', fixed = hints.value ?? schema.default;

	return {
		name, type, required, choices: choicesOf(schema), schema,
		label: text(hints.label) || text(schema.title) || nameWords(name),
		help: text(hints.help) || text(schema.description) || limits(schema),
		value: fixed === undefined || fixed === null || isObject(fixed) ? '' : String(fixed),
		mode: MODES[type],
		maxLength: isNumber(schema.maxLength) && schema.maxLength > 0 ? schema.maxLength : undefined,
		long: type === 'string' && schema.maxLength > LONG,
	};
}

function limits({ minimum, maximum }) {
	if (isNumber(minimum) && isNumber(maximum))
		return `${format(minimum)} to ${format(maximum)}`;
	if (isNumber(minimum))
		return `At least ${format(minimum)}`;
	return isNumber(maximum) ? `At most ${format(maximum)}` : '';
}

// All of the schema's, or those named, in that order.
export function fieldsOf(schema, asked) {
	const properties = get(schema, 'properties'), known = isObject(properties) ? properties : {};
	const required = list(get(schema, 'required'));
	const hints = objects(asked).filter(hint => typeof hint.name === 'string');
	const shown = hints.length > 0 ? hints : Object.keys(known).map(name => ({ name }));

	return shown
		.filter(hint => NAME.test(hint.name) && isObject(get(known, hint.name)))
		.map(hint => fieldOf(hint.name, known[hint.name], hint, required.includes(hint.name)));
}

function numberFrom({ type, schema }, typed) {
	const value = Number(typed);

	if (typed.trim() === '' || !Number.isFinite(value))
		return { bad: 'Enter a number' };
	if (type === 'integer' && !Number.isSafeInteger(value))
		return { bad: 'Enter a whole number' };
	if (isNumber(schema.minimum) && value < schema.minimum)
		return { bad: `At least ${format(schema.minimum)}` };
	if (isNumber(schema.maximum) && value > schema.maximum)
		return { bad: `At most ${format(schema.maximum)}` };
	return { value };
}

function matches(pattern, typed) {
	try {
		return new RegExp(`^(?:${pattern})$`, 'u').test(typed);
	} catch {
		return true; // not ours to judge; the host checks again
	}
}

function stringFrom({ schema, choices }, typed) {
	if (choices && !choices.some(choice => choice.value === typed))
		return { bad: 'Choose one of these' };
	if (/[\u0000-\u001f\u007f]/.test(typed))
		return { bad: 'Without line breaks or control characters' };
	if (isNumber(schema.minLength) && typed.length < schema.minLength)
		return { bad: `At least ${schema.minLength} characters` };
	if (typeof schema.pattern === 'string' && schema.pattern.length <= 200 && !matches(schema.pattern, typed))
		return { bad: text(schema.patternHint) || 'Not in the form that is expected' };
	return { value: typed };
}

function valueOf(field, typed) {
	if (field.type === 'boolean')
		return { value: typed === 'true' };
	if (typed === '')
		return field.required ? { bad: 'Fill this in' } : {};
	return field.type in MODES ? numberFrom(field, typed) : stringFrom(field, typed);
}

// {params: what to send, bad: {NAME: what is wrong}}
export function checked(fields, values) {
	const params = {}, bad = {};

	for (const field of fields) {
		const result = valueOf(field, values[field.name] ?? '');

		if (result.bad)
			bad[field.name] = result.bad;
		else if (result.value !== undefined)
			params[field.name] = result.value;
	}
	return { params, bad };
}

export const firstBad = (fields, bad) => fields.findIndex(field => bad[field.name]);

export function changes(bad, name) {
	const { [name]: gone, ...rest } = bad;

	return gone ? rest : bad;
}
