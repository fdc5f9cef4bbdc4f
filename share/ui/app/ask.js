// Asking before an effect that this page begins itself, with the same dialog
// that stands before the actions of a view: the exact command, and as whom.
import { commandOf } from '../shell/action.js';
import { confirmAction } from '../shell/confirm.js';
import { read } from './store.js';

// argv: what would run. True for yes.
export function confirmed({ title, summary, argv, values = {} }) {
	const properties = Object.fromEntries(
		Object.keys(values).map(name => [name, { type: 'string', title: name }]),
	);

	return confirmAction(
		{
			action: { title, summary, inputSchema: { properties } },
			arguments: values,
			argv,
			command: commandOf(argv),
		},
		{ principal: read().session.principal, served: true },
	);
}
