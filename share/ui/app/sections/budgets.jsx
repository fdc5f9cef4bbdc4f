// The limits of one task, how many tasks were stopped by them, and which.
import { Badge, Empty, KeyValue, Meters, Metrics, Page, Section, format, safe } from '../../kit/index.js';
import { Loaded, State, stateWords, useData, useTurn } from '../parts.jsx';
import { taskPath } from '../route.js';

const NAMES = {
	steps: ['Calls of one task', 'step_limit'],
	repeats: ['The same call again', 'repeat_limit'],
	seconds: ['Seconds of one task', 'task_seconds'],
	queued: ['Tasks that may wait', 'queue_limit'],
	task_tokens: ['Tokens of one task', 'task_tokens'],
	principal_tokens: ['Tokens of a principal, a day', 'principal_tokens'],
	skill_tokens: ['Tokens of a skill, a day', 'skill_tokens'],
	day_tokens: ['Tokens of all, a day', 'day_tokens'],
	task_cost: ['USD of one task', 'task_cost'],
	principal_cost: ['USD of a principal, a day', 'principal_cost'],
	skill_cost: ['USD of a skill, a day', 'skill_cost'],
	day_cost: ['USD of all, a day', 'day_cost'],
};

const ENDED = new Set([
	'completed',
	'compensated',
	'refused',
	'denied',
	'rejected',
	'cancelled',
	'failed',
	'interrupted',
	'expired',
	'done',
	'compensation_failed',
]);

const sum = (states, pick) =>
	Object.entries(states ?? {}).reduce((n, [state, count]) => n + (pick(state) ? count : 0), 0);

function limitItems(limits) {
	return Object.entries(limits ?? {})
		.filter(([, value]) => typeof value === 'number' || typeof value === 'string')
		.map(([name, value]) => ({
			label: `${NAMES[name]?.[0] ?? name} (${NAMES[name]?.[1] ?? name})`,
			value: Number(value) > 0 ? value : 'no limit',
		}));
}

// What the stopped ones used of the limit that stopped them is all of it;
// what waits is measured against what may wait.
function meterItems({ limits, states }) {
	const open = sum(states, state => !ENDED.has(state)),
		stopped = states?.interrupted ?? 0,
		all = sum(states, () => true);

	return [
		...(limits?.queued > 0 ? [{ label: 'Tasks that wait or run', value: open, max: limits.queued }] : []),
		...(all > 0
			? [{ label: 'Tasks stopped by a limit, of all that are kept', value: stopped, max: all }]
			: []),
	];
}

function Stopped() {
	const found = useData('/api/tasks?limit=500', useTurn(2000));

	return (
		<Loaded
			from={found}
			what="Tasks are being looked up"
			isEmpty={data => !data.tasks.some(task => task.state === 'interrupted')}
			empty={{
				title: 'No task was stopped',
				text: 'A task that reaches a limit stops there; it is shown here with the reason.',
			}}
		>
			{data => (
				<ul className="ap-list bare" aria-label="Stopped tasks">
					{data.tasks
						.filter(task => task.state === 'interrupted')
						.slice(0, 50)
						.map(task => (
							<li key={task.task_id}>
								<a href={taskPath(task.task_id)}>
									<span className="say">{safe(task.text || task.task_id)}</span>
									<State state={task.state} />
									<span className="meta">
										{safe(task.principal ?? '')} {format(task.finished ?? task.submitted, 'date')}
									</span>
									<span className="why">{safe(task.reason ?? '')}</span>
								</a>
							</li>
						))}
				</ul>
			)}
		</Loaded>
	);
}

export function Budgets() {
	const found = useData('/api/budgets', useTurn(1000));

	return (
		<Page
			title="Budgets"
			subtitle="No task runs for ever: each has a number of calls, of repetitions and of seconds."
		>
			<Loaded from={found} what="Budgets are being looked up">
				{data => (
					<>
						<Metrics
							items={[
								{ label: 'Finished in a minute', value: data.finished?.['1m'] ?? 0 },
								{ label: 'In 15 minutes', value: data.finished?.['15m'] ?? 0 },
								{
									label: 'Stopped in 5 minutes',
									value: data.interrupted?.['5m'] ?? 0,
									tone: data.interrupted?.['5m'] > 0 ? 'bad' : '',
								},
								{
									label: 'Stopped in 15 minutes',
									value: data.interrupted?.['15m'] ?? 0,
									tone: data.interrupted?.['15m'] > 0 ? 'warn' : '',
								},
							]}
						/>
						<div className="og-grid">
							<div className="og-stack sp8">
								<Section title="Stopped by a limit">
									<Stopped />
								</Section>
							</div>
							<div className="og-stack sp4">
								<Section title="Limits of one task" hint="og.conf">
									<KeyValue items={limitItems(data.limits)} />
								</Section>
								<Section title="Load">
									<Meters items={meterItems(data)} />
								</Section>
								<Section title="Tasks by state">
									<div className="ap-badges">
										{Object.entries(data.states ?? {}).map(([state, n]) => (
											<Badge key={state} text={`${n} ${stateWords(state)}`} />
										))}
										{Object.keys(data.states ?? {}).length === 0 && (
											<Empty title="None yet" />
										)}
									</div>
								</Section>
							</div>
						</div>
					</>
				)}
			</Loaded>
		</Page>
	);
}
