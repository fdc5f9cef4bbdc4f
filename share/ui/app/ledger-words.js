// An entry of the ledger in one line: what the server says of it, and which
// values changed, from what to what.
import { format } from '../kit/index.js';

const CHANGES = 2,
	COLUMNS = 3; // told in a line

const named = name => String(name).replace(/_/g, ' ');

function valuesOf({ op, old = {}, new: now = {} }) {
	const names = Object.keys(op === 'delete' ? old : now);
	const one = name =>
		op === 'update'
			? `${named(name)} ${format(old[name])} \u2192 ${format(now[name])}`
			: `${named(name)} ${format(op === 'delete' ? old[name] : now[name])}`;

	return names.slice(0, COLUMNS).map(one).join(', ') + (names.length > COLUMNS ? ', \u2026' : '');
}

function changeWords(change) {
	return `${change.op} ${change.table} ${change.rowid ?? ''}: ${valuesOf(change)}`;
}

export function detailOf({ action_details: details, body }) {
	const changes = Array.isArray(body?.changes) ? body.changes : [];
	const said = typeof details === 'string' ? details : details ? JSON.stringify(details) : '';

	return [said, ...changes.slice(0, CHANGES).map(changeWords)].filter(Boolean).join('; ');
}
