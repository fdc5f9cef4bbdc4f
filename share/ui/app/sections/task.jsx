// One task: what happened, what it made, what it cost in time, where it
// stands in the ledger, and the ways to take it with one.
import { useState } from 'react';
import {
	Alert,
	Chain,
	Citation,
	KeyValue,
	Page,
	Section,
	Timeline,
	Tools,
	Waterfall,
	safe,
} from '../../kit/index.js';
import { Answer, asksMe } from '../answer.jsx';
import { post } from '../api.js';
import { confirmed } from '../ask.js';
import { Button, Loading, Problem, State } from '../parts.jsx';
import { go } from '../route.js';
import { Sealed } from '../sealed.jsx';
import { may, read } from '../store.js';
import { isOpen, spans, traceItems, useTask } from '../tasks.js';

async function cancel(id) {
	const yes = await confirmed({
		title: 'Cancel this task',
		summary: 'What it has done so far is undone.',
		argv: ['og-task', 'cancel', '--as', read().session.principal, id],
	});

	return yes && post(`/api/tasks/${encodeURIComponent(id)}/cancel`);
}

function Cancel({ id, onDone }) {
	const [state, setState] = useState({ busy: false, said: '' });

	async function ask() {
		setState({ busy: true, said: '' });
		try {
			await cancel(id);
			setState({ busy: false, said: '' });
			onDone();
		} catch (error) {
			setState({ busy: false, said: error.message });
		}
	}
	return (
		<span className="og-act">
			<Button kind="danger" busy={state.busy} onClick={ask}>
				Cancel task
			</Button>
			<span role="status" className="og-out bad">
				{state.said}
			</span>
		</span>
	);
}

const FORMS = [
	['html', 'Page'],
	['text', 'Text'],
	['csv', 'Table as CSV'],
	['json', 'Result as JSON'],
];

function Take({ id }) {
	return (
		<ul className="ap-take" aria-label="Take it with you">
			{FORMS.map(([form, words]) => (
				<li key={form}>
					<a
						href={`/api/views/${encodeURIComponent(id)}?form=${form}`}
						download={`${id}.${form === 'text' ? 'txt' : form}`}
					>
						{words}
					</a>
				</li>
			))}
		</ul>
	);
}

function factsOf(task) {
	return [
		{ label: 'State', value: task.state, format: 'status' },
		{ label: 'Principal', value: task.principal },
		{ label: 'Skill', value: task.skill },
		{ label: 'Planner', value: task.planner },
		{ label: 'Submitted', value: task.submitted, format: 'date' },
		{ label: 'Finished', value: task.finished, format: 'date' },
		{ label: 'Task', value: task.task_id, format: 'id' },
	].filter(item => item.value !== undefined && item.value !== null && item.value !== '');
}

function ledgerOf(task) {
	const { first, last, head } = task.ledger ?? {};

	return {
		first,
		last,
		head,
		entries: (task.steps ?? [])
			.filter(step => step.seq)
			.map(step => ({ seq: step.seq, title: step.name, what: step.state })),
	};
}

function Parts({ task }) {
	const ledger = ledgerOf(task),
		trace = spans(task.trace, task.finished);

	return (
		<div className="og-grid">
			<div className="og-stack sp8">
				{trace.length > 0 && (
					<Section title="Time" hint="What ran when, and how long">
						<Waterfall items={trace} />
					</Section>
				)}
				{task.citations?.length > 0 && (
					<Section title="Policies">
						<>
							{task.citations.map((one, i) => (
								<Citation key={i} {...one} />
							))}
						</>
					</Section>
				)}
			</div>
			<div className="og-stack sp4">
				<Section title="Facts">
					<KeyValue items={factsOf(task)} />
				</Section>
				{ledger.first && (
					<Section title="Ledger" hint={`Entries ${ledger.first} to ${ledger.last}`}>
						<Chain {...ledger} check="og-ledger verify" />
						{may('ledger') && (
							<p className="og-help">
								<a href={`#/ledger?at=${ledger.last}`}>Show it in the ledger</a>
							</p>
						)}
					</Section>
				)}
				{!isOpen(task) && (
					<Section title="Take it with you">
						<Take id={task.task_id} />
					</Section>
				)}
			</div>
		</div>
	);
}

// While it runs there is no view yet: the trace is what there is to see.
function Running({ task }) {
	return (
		<Section title="Trace" hint="As it happens">
			<div aria-live="polite">
				<Timeline items={traceItems(task)} />
			</div>
		</Section>
	);
}

const BAD = new Set(['interrupted', 'failed', 'compensation_failed', 'in_doubt']);

export function Task({ route: { id } }) {
	const { data: task, error, loading, reload } = useTask(id);
	const open = isOpen(task);

	if (!task)
		return (
			<Page title="Task" subtitle={id.slice(0, 40)}>
				{loading ? (
					<Loading what="The task is being looked up" />
				) : (
					<Problem error={error} retry={reload} />
				)}
			</Page>
		);
	return (
		<Page
			title={safe(task.text ?? task.skill ?? 'Task')}
			subtitle={[task.principal, task.skill].filter(Boolean).map(safe).join(' \u00b7 ')}
		>
			<Tools>
				<State state={task.state ?? task.status} />
				{open && <Cancel id={id} onDone={reload} />}
			</Tools>
			<p className="ap-back">
				<a href="#/tasks">All tasks</a>
			</p>
			{task.reason && !open && (
				<Alert tone={BAD.has(task.state) ? 'bad' : 'warn'} title="Why" text={safe(task.reason)} />
			)}
			{asksMe(task) && <Answer key={task.waits.digest} task={task} onDone={reload} />}
			{open ? (
				<Running task={task} />
			) : (
				<section className="ap-beside" aria-label="Generated view">
					<Sealed
						id={id}
						title={safe(task.text ?? 'View')}
						onTask={begun => go(`tasks/${begun}`)}
					/>
				</section>
			)}
			<Parts task={task} />
		</Page>
	);
}
