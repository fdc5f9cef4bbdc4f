// Tasks, newest first: one's own, or everybody's where the role allows it.
import { useMemo, useState } from 'react';
import { Empty, Page, format, safe } from '../../kit/index.js';
import { Choice, Loaded, State, stateWords, useData, useTurn } from '../parts.jsx';
import { taskPath } from '../route.js';
import { read } from '../store.js';

const STEP = 100,
	MOST = 500;

function statesOf(tasks) {
	const counts = new Map();

	for (const task of tasks)
		counts.set(task.state, (counts.get(task.state) ?? 0) + 1);
	return [['', 'All', tasks.length], ...[...counts].map(([state, n]) => [state, stateWords(state), n])];
}

function Row({ task }) {
	return (
		<li>
			<a href={taskPath(task.task_id)}>
				<span className="say">{safe(task.text || task.skill || task.task_id)}</span>
				<State state={task.state} />
				<span className="meta">
					{[task.principal, task.skill, format(task.submitted, 'date')]
						.filter(Boolean)
						.map(word => safe(word))
						.join(' \u00b7 ')}
				</span>
				{task.reason && <span className="why">{safe(task.reason)}</span>}
			</a>
		</li>
	);
}

function List({ tasks, all, more }) {
	const [whose, setWhose] = useState('mine');
	const [state, setState] = useState('');
	const [query, setQuery] = useState('');
	const me = read().session.principal;
	const own = useMemo(
		() => (whose === 'mine' ? tasks.filter(task => (task.principal ?? me) === me) : tasks),
		[tasks, whose, me],
	);
	const needle = query.trim().toLowerCase();
	const shown = own.filter(
		task =>
			(!state || task.state === state) &&
			(!needle ||
				`${task.text} ${task.skill} ${task.principal} ${task.reason} ${task.task_id}`
					.toLowerCase()
					.includes(needle)),
	);

	return (
		<>
			<div className="ap-tools">
				{all && (
					<Choice
						label="Whose"
						value={whose}
						onChange={setWhose}
						options={[
							['mine', 'Mine'],
							['all', 'Everybody\u2019s'],
						]}
					/>
				)}
				<Choice label="State" value={state} onChange={setState} options={statesOf(own)} />
				<input
					type="search"
					className="og-in ap-filter"
					placeholder="Filter"
					aria-label="Filter tasks"
					value={query}
					onChange={event => setQuery(event.target.value)}
				/>
			</div>
			{shown.length > 0 ? (
				<ul className="og-card ap-list" aria-label="Tasks">
					{shown.map(task => (
						<Row key={task.task_id} task={task} />
					))}
				</ul>
			) : (
				<Empty
					title="No task like that"
					text={
						own.length > 0
							? 'Choose another state or filter.'
							: 'Say something in the command box.'
					}
				/>
			)}
			<p className="ap-count" role="status">{`${shown.length} of ${own.length} tasks`}</p>
			{more}
		</>
	);
}

export function Tasks() {
	const [limit, setLimit] = useState(STEP);
	const found = useData(`/api/tasks?limit=${limit}`, useTurn());
	const more = found.data?.tasks?.length >= limit && limit < MOST && (
		<p>
			<button type="button" className="og-btn" onClick={() => setLimit(MOST)}>
				Older ones
			</button>
		</p>
	);

	return (
		<Page title="Tasks" subtitle="Each one with its steps, its view and its entries in the ledger.">
			<Loaded
				from={found}
				what="Tasks are being looked up"
				isEmpty={data => data.tasks.length === 0}
				empty={{ title: 'No tasks yet', text: 'What is said in the command box appears here.' }}
			>
				{data => <List tasks={data.tasks} all={data.all} more={more} />}
			</Loaded>
		</Page>
	);
}
