// Tasks as the page sees them: one that is followed until it ends, and what
// its result says, in the forms that the kit draws.
import { useEffect } from 'react';
import { useData } from './parts.jsx';
import { useStore } from './store.js';

const OPEN = new Set(['pending', 'processing', 'queued', 'claimed', 'running', 'waiting', 'new']);

export const isOpen = task => OPEN.has(task?.state ?? task?.status);

const POLL = 4000; // where no events come

// {task, error, loading, reload}: fetched when an event says that it changed.
export function useTask(id) {
	const event = useStore(state => state.tasks[id]);
	const live = useStore(state => state.link === 'live');
	const found = useData(id ? `/api/tasks/${encodeURIComponent(id)}` : null, event);
	const task = found.data && { ...found.data, ...newer(found.data, event) };
	const open = isOpen(task);

	useEffect(() => {
		if (!open)
			return undefined;
		const timer = setInterval(found.reload, live ? POLL * 3 : POLL / 2);
		return () => clearInterval(timer);
	}, [open, live, found.reload]);
	return { ...found, data: task };
}

// While the task runs an event knows more than the answer before it.
function newer(task, event) {
	if (!event || !isOpen(task))
		return {};
	return {
		progress: event.progress ?? task.progress,
		skill: event.skill || task.skill,
		state: isOpen(event) ? event.state : task.state,
	};
}

const words = name => String(name ?? '').replace(/[-_]/g, ' ');
const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

export const stepTitle = name => capital(words(name));

// What is known of a task that runs, as a line of events.
function liveItems(task) {
	const progress = task.progress ?? {},
		undoing = progress.phase === 'undo';
	const done = (progress.done ?? []).map(name => ({ title: stepTitle(name), tone: 'ok', detail: 'Done' }));
	const undone = (progress.undone ?? []).map(name => ({
		title: `Undo ${words(name)}`,
		tone: 'warn',
		detail: 'Taken back',
	}));

	return [...done, ...undone, { title: waitingFor(task, undoing), tone: 'info' }];
}

function waitingFor(task, undoing) {
	if (task.state === 'waiting')
		return task.waits?.for === 'answer' ? `Asks: ${task.waits.question}` : 'Waits for an approval';
	if (undoing)
		return 'Taking back what was done';
	return task.skill ? 'Working' : 'Waits for a worker';
}

const TONES = { failed: 'bad', undone: 'warn', done: 'ok', skipped: '' };

function endItem(task) {
	const bad = ['failed', 'interrupted', 'compensation_failed', 'in_doubt', 'refused', 'denied'].includes(
		task.state,
	);

	return {
		title: capital(words(task.state)),
		detail: task.reason ?? task.error ?? '',
		time: task.finished,
		tone: task.state === 'completed' || task.state === 'done' ? 'ok' : bad ? 'bad' : 'warn',
	};
}

// From the order to its end; it grows while the task runs.
export function traceItems(task) {
	const items = [
		{
			title: 'Submitted',
			tone: 'ok',
			time: task.submitted,
			detail: task.principal ? `by ${task.principal}` : '',
		},
	];

	if (task.skill)
		items.push({ title: `Understood as ${task.skill}`, tone: 'ok' });
	if (isOpen(task))
		return [...items, ...liveItems(task)];
	const steps = task.steps ?? [];
	for (const step of steps.filter(one => one.state !== 'skipped'))
		items.push({
			title: stepTitle(step.name),
			tone: step.state === 'undone' ? 'ok' : (TONES[step.state] ?? ''),
			detail: step.state === 'undone' ? 'Done, taken back later' : capital(words(step.state)),
		});
	for (const undo of (task.compensation ?? []).filter(one => one.state !== 'nothing'))
		items.push({
			title: `Undo ${words(undo.step)}`,
			tone: undo.state === 'failed' ? 'bad' : 'warn',
			detail: capital(words(undo.state)),
		});
	return [...items, endItem(task)];
}

const at = entry => Date.parse(entry.time);

// The trace as spans: each lasts until the next begins, the last one until the end.
export function spans(trace, finished) {
	const all = (trace ?? []).filter(entry => Number.isFinite(at(entry)));
	const start = all.length > 0 ? at(all[0]) : 0,
		end = Date.parse(finished ?? '');

	return all.map((entry, i) => {
		const next = i + 1 < all.length ? at(all[i + 1]) : Number.isFinite(end) ? end : at(entry);

		return {
			title: [entry.action, entry.details].filter(Boolean).join(' '),
			start: at(entry) - start,
			ms: Number.isFinite(entry.ms) ? entry.ms : Math.max(0, next - at(entry)),
			depth: entry.action === 'step' ? 1 : 0,
			tone: /fail|refus|interrupt/i.test(entry.action ?? '')
				? 'bad'
				: /undo|compens/i.test(entry.action ?? '')
					? 'warn'
					: '',
		};
	});
}
