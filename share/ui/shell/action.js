// Actions: whether arguments fit a schema, and which words they make. The
// schema is a flat part of JSON Schema, the words are an argument vector:
// no shell ever reads them, quoting is for whoever pastes the command.

const own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value);
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const LENGTH_DEFAULT = 200;

function textProblem(rule, value) {
	if (typeof value !== 'string')
		return 'must be text';
	if (value.length > (rule.maxLength ?? LENGTH_DEFAULT))
		return 'is too long';
	if (value.length < (rule.minLength ?? 0))
		return 'is too short';
	if (CONTROL.test(value) || !value.isWellFormed?.() && /[\ud800-\udfff]/.test(value))
		return 'has characters that are not text';
	if (rule.enum && !rule.enum.includes(value))
		return 'is not an allowed value';
	if (rule.pattern && !new RegExp(`^(?:${rule.pattern})$`, 'u').test(value))
		return 'has the wrong form';
	return null;
}

function numberProblem(rule, value) {
	const whole = rule.type === 'integer';

	if (typeof value !== 'number' || !Number.isFinite(value) || (whole && !Number.isSafeInteger(value)))
		return whole ? 'must be a whole number' : 'must be a number';
	if (rule.enum && !rule.enum.includes(value))
		return 'is not an allowed value';
	if (rule.minimum !== undefined && value < rule.minimum)
		return `is below ${rule.minimum}`;
	if (rule.maximum !== undefined && value > rule.maximum)
		return `is above ${rule.maximum}`;
	return null;
}

function valueProblem(rule, value) {
	switch (rule.type) {
	case 'string':
		return textProblem(rule, value);
	case 'integer':
	case 'number':
		return numberProblem(rule, value);
	case 'boolean':
		return typeof value === 'boolean' ? null : 'must be true or false';
	default:
		return 'has no usable type';
	}
}

// What is wrong with the arguments, in words, or null. Unknown names are
// refused: a parameter that nobody sees in the dialog must not exist.
export function problemWith(schema, values) {
	const rules = schema?.properties ?? {};

	if (!isObject(values))
		return 'arguments must be an object';
	for (const name of Object.keys(values)) {
		if (!own(rules, name))
			return `unknown parameter ${name.slice(0, 40)}`;
	}
	for (const name of schema?.required ?? []) {
		if (!own(values, name))
			return `missing parameter ${name}`;
	}
	for (const name of Object.keys(values)) {
		const problem = valueProblem(rules[name], values[name]);
		if (problem)
			return `${name} ${problem}`;
	}
	return null;
}

// The name of the parameter that stands in the word after --param, or null:
// "order_id={order_id}", and only for a parameter of the schema. Braces
// anywhere else are just braces.
function slotOf(action, index) {
	const found = /^([A-Za-z_][A-Za-z0-9_]*)=\{\1\}$/.exec(action.argv[index]);

	return found && action.argv[index - 1] === '--param' &&
		own(action.inputSchema?.properties ?? {}, found[1]) ? found[1] : null;
}

// The argument vector. A parameter without a value takes its --param along.
export function argvOf(action, values) {
	const words = [];

	action.argv.forEach((word, i) => {
		const name = slotOf(action, i);

		if (name === null)
			words.push(word);
		else if (own(values, name))
			words.push(`${name}=${values[name]}`);
		else
			words.pop();
	});
	return words;
}

// One word for a POSIX shell; a line of them.
export const quote = word =>
	/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'";
export const commandOf = argv => argv.map(quote).join(' ');
