// What the page knows, in one place; components read a part of it and are
// drawn again when that part changes.
import { useSyncExternalStore } from 'react';

const START = {
	session: undefined, // undefined: not known yet; null: nobody signed in
	over: '', // why somebody has to sign in again
	link: 'starting', // starting | live | away | polling (no stream)
	ledger: null, // the last ledger event
	tasks: {}, // id -> the last event of a task
	turn: 0, // grows with every task event and every new connection
	waiting: 0, // approvals that wait for the reader
	theme: undefined,
};
let state = START;
const readers = new Set();

export const read = () => state;

export function write(change) {
	state = { ...state, ...change };
	for (const reader of [...readers])
		reader();
}

// Somebody else reads: nothing of the one before may stay.
export const forget = change => write({ ...START, theme: state.theme, ...change });

function subscribe(reader) {
	readers.add(reader);
	return () => readers.delete(reader);
}

export const useStore = pick => useSyncExternalStore(subscribe, () => pick(state));

const TASKS_KEPT = 500;

// Only the newest are kept: a page may stay open for weeks.
export function taskEvent(event) {
	const { [event.task_id]: before, ...rest } = state.tasks,
		ids = Object.keys(rest);

	for (const id of ids.slice(0, Math.max(0, ids.length - TASKS_KEPT)))
		delete rest[id];
	write({ tasks: { ...rest, [event.task_id]: { ...before, ...event } }, turn: state.turn + 1 });
}

export const may = right => state.session?.rights?.includes(right) ?? false;
