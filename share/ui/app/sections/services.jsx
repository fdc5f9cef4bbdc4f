// How the instance is: what is wrong in words and what to do about it, what
// runs, what it last said, and where the time of recent tasks went.
import { useMemo, useState } from 'react';
import {
	Alert,
	Badge,
	Empty,
	KeyValue,
	Metrics,
	Page,
	Section,
	Waterfall,
	format,
	safe,
} from '../../kit/index.js';
import { Button, Choice, Loaded, useData, useTurn } from '../parts.jsx';
import { taskPath } from '../route.js';
import { isOpen, spans, useTask } from '../tasks.js';

const LINES = [
	[100, '100 lines'],
	[500, '500'],
	[2000, '2,000'],
];

const wordsOf = problem =>
	typeof problem === 'string'
		? { text: problem }
		: {
				text: problem?.text ?? problem?.what ?? problem?.problem ?? JSON.stringify(problem),
				fix: problem?.hint ?? problem?.fix ?? problem?.do,
			};

// What can be done, where the problem does not say it itself.
const HELP = [
	[/worker/i, 'Start one: og up, or og-worker.'],
	[/ledger/i, 'Look at the ledger here, and run og-ledger verify.'],
	[/dead/i, 'Look at them: og-queue list --dead.'],
	[/queue|wait/i, 'More workers, or fewer tasks: og up worker=2.'],
	[/./, 'og doctor says more.'],
];

function Problems({ all }) {
	return all.map((problem, i) => {
		const { text, fix } = wordsOf(problem);

		return (
			<Alert
				key={i}
				tone="bad"
				title={safe(text)}
				fix={safe(fix ?? HELP.find(([pattern]) => pattern.test(text))[1])}
			/>
		);
	});
}

const age = ms =>
	ms === null || ms === undefined
		? 'none waits'
		: ms < 1000
			? 'under a second'
			: `${format(Math.round(ms / 1000))} s`;

function figures(status) {
	const queue = status.queue ?? {};

	return [
		{ label: 'Workers', value: status.workers ?? 0, tone: status.workers ? '' : 'warn' },
		{ label: 'Waiting', value: (queue.ready ?? 0) + (queue.delayed ?? 0) },
		{ label: 'At work', value: queue.claimed ?? 0 },
		{ label: 'Given up', value: queue.dead ?? 0, tone: queue.dead ? 'bad' : '' },
	];
}

const plural = (n, one) => `${n} ${n === 1 ? one : `${one}s`}`;

function Service({ one }) {
	const wrong = one.problem || one.trouble;
	const meta = [
		one.since && `since ${format(one.since, 'date')}`,
		one.restarts > 0 && plural(one.restarts, 'restart'),
		one.endpoint,
	];

	return (
		<li>
			<b>{safe(one.name)}</b>
			<Badge text={safe(one.state ?? '')} tone={wrong ? 'bad' : one.ready ? 'ok' : 'warn'} />
			<span className="meta">{safe(meta.filter(Boolean).join(', '))}</span>
			{wrong && <p>{safe(String(wrong))}</p>}
		</li>
	);
}

function Supervised({ up }) {
	const services = up?.services ?? [];

	if (services.length === 0)
		return (
			<Empty
				title="No supervisor runs"
				text="og up starts a shield and workers and keeps them running."
			/>
		);
	return (
		<ul className="ap-services">
			{services.map(one => (
				<Service key={one.name} one={one} />
			))}
		</ul>
	);
}

function Health({ status }) {
	const ledger = status.ledger ?? {};

	return (
		<KeyValue
			items={[
				{
					label: 'Instance',
					value: status.healthy ? 'healthy' : 'needs a look',
					format: 'status',
					tone: status.healthy ? 'ok' : 'bad',
				},
				{
					label: 'Ledger',
					value:
						ledger.ok === false ? 'changed' : `${format(ledger.checked ?? 0)} entries verified`,
					tone: ledger.ok === false ? 'bad' : '',
				},
				{ label: 'Oldest waiting', value: age(status.queue?.age_ms) },
			]}
		/>
	);
}

const timeOf = line => format(String(line.time ?? ''), 'time');
const textOf = line =>
	typeof line === 'string' ? line : String(line.text ?? line.message ?? line.line ?? JSON.stringify(line));

function Line({ line }) {
	return (
		<li>
			<time>{timeOf(line)}</time>
			<b>{safe(String(line.service ?? line.name ?? ''))}</b>
			<span>{safe(textOf(line))}</span>
		</li>
	);
}

function Logs() {
	const [count, setCount] = useState(100);
	const [query, setQuery] = useState('');
	const found = useData(`/api/logs?lines=${count}`, useTurn(3000));
	const needle = query.trim().toLowerCase();
	const lines = useMemo(
		() =>
			(found.data?.lines ?? []).filter(
				line => !needle || `${line.service ?? ''} ${textOf(line)}`.toLowerCase().includes(needle),
			),
		[found.data, needle],
	);

	return (
		<Section title="Logs" hint="Newest last">
			<div className="ap-tools">
				<Choice label="How many" value={count} onChange={setCount} options={LINES} />
				<input
					type="search"
					className="og-in ap-filter"
					aria-label="Filter logs"
					placeholder="Filter"
					value={query}
					onChange={event => setQuery(event.target.value)}
				/>
				<Button small onClick={found.reload}>
					Refresh
				</Button>
			</div>
			<Loaded
				from={found}
				what="Logs are being read"
				isEmpty={data => data.lines.length === 0}
				empty={{ title: 'No lines yet', text: 'Services that og up started write here.' }}
			>
				{() =>
					lines.length > 0 ? (
						<ol className="ap-log" tabIndex={0} aria-label="Log lines">
							{lines.map((line, i) => (
								<Line key={i} line={line} />
							))}
						</ol>
					) : (
						<Empty title="No line like that" text="Choose another filter." />
					)
				}
			</Loaded>
		</Section>
	);
}

function Trace({ id }) {
	const { data: task } = useTask(id);
	const all =
		task && !isOpen(task)
			? spans(task.trace, task.finished)
			: [];

	if (!task)
		return null;
	return all.length > 0 ? (
		<Waterfall items={all} />
	) : (
		<Empty title="No trace" text="This task recorded none." />
	);
}

function Recent() {
	const found = useData('/api/tasks?limit=8', useTurn(2000));
	const [chosen, choose] = useState('');

	return (
		<Loaded
			from={found}
			what="Tasks are being looked up"
			isEmpty={data => data.tasks.length === 0}
			empty={{ title: 'No tasks yet', text: 'The times of finished tasks appear here.' }}
		>
			{data => {
				const id = chosen || data.tasks.find(task => !isOpen(task))?.task_id || '';

				return (
					<div className="og-stack">
						<label className="og-field">
							<span className="ap-label">Task</span>
							<select
								className="og-in"
								value={id}
								onChange={event => choose(event.target.value)}
							>
								{data.tasks.map(task => (
									<option key={task.task_id} value={task.task_id}>
										{safe(task.text || task.task_id).slice(0, 80)}
									</option>
								))}
							</select>
						</label>
						{id && <Trace key={id} id={id} />}
						{id && (
							<p className="og-help">
								<a href={taskPath(id)}>Everything about this task</a>
							</p>
						)}
					</div>
				);
			}}
		</Loaded>
	);
}

export function Services() {
	const found = useData('/api/status', useTurn(2000));

	return (
		<Page title="Services" subtitle="How this instance is, and what to do about it.">
			<Loaded from={found} what="The instance is being asked">
				{status => (
					<>
						{(status.problems ?? []).length > 0 ? (
							<Problems all={status.problems} />
						) : (
							<p className="ap-badges">
								<Badge text="Nothing to do" tone="ok" />
							</p>
						)}
						<Metrics items={figures(status)} />
						<div className="og-grid">
							<div className="og-stack sp6">
								<Section title="Health">
									<Health status={status} />
								</Section>
							</div>
							<div className="og-stack sp6">
								<Section title="Supervised">
									<Supervised up={status.up} />
								</Section>
							</div>
						</div>
					</>
				)}
			</Loaded>
			<Section title="Recent traces" hint="What ran when, and how long">
				<Recent />
			</Section>
			<Logs />
		</Page>
	);
}
